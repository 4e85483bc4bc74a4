"""A password as Trino's file of passwords wants it: PBKDF2 with SHA-1, ITERATIONS:SALT:HASH in hexadecimal."""
import hashlib
import os


def pbkdf2(password, iterations=1000):
    salt = os.urandom(16)
    return "%d:%s:%s" % (iterations, salt.hex(), hashlib.pbkdf2_hmac("sha1", password.encode(), salt, iterations, 64).hex())
