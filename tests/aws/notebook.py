"""A front end for the tests of aws/: one kernel process with an environment of its own, asked cell by cell."""
import os

import jupyter_client


class Kernel:
    hidden = True  # what is asked for is not echoed

    def __init__(self, home, environment):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
        self.manager = jupyter_client.KernelManager(kernel_name="cofferdam")
        self.manager.start_kernel(env={**kept, "HOME": str(home), "JUPYTER_PATH": os.environ.get("JUPYTER_PATH", ""), **environment}, cwd=str(home))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)
        self.messages, self.home = [], str(home)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, answer=None):
        said = []

        def output(message):
            self.messages.append(message["content"])
            said.append(message["content"])

        def asked(message):
            self.messages.append(message["content"])
            assert message["content"]["password"] == self.hidden, "a code is not echoed"
            self.client.input(answer(message["content"]["prompt"]) if callable(answer) else answer)

        reply = self.client.execute_interactive(code, allow_stdin=answer is not None, output_hook=output, stdin_hook=asked, timeout=float(os.environ.get("CELL_SECONDS", "60")))
        self.messages.append(reply["content"])
        text = "".join(c.get("data", {}).get("text/plain", "") + c.get("text", "") + "\n".join(c.get("traceback", [])) for c in said)
        return reply["content"]["status"], text

    def memory(self):
        """All that the process can write to: heap, stacks, anonymous maps."""
        found = b""
        pid = self.manager.provisioner.pid
        with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb") as memory:
            for line in maps:
                place, rights = line.split()[:2]
                begin, end = (int(x, 16) for x in place.split("-"))
                if "w" in rights and "r" in rights and "[v" not in line:
                    memory.seek(begin)
                    try:
                        found += memory.read(end - begin)
                    except OSError:
                        pass
        return found
