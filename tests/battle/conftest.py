"""The double, the kernel of the other tests and this folder stand on the path."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE] + [os.path.join(os.path.dirname(HERE), name) for name in ("cloud", "aws")]
