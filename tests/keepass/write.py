"""Writes KeePass databases of version 4 with pykeepass, for the reader's tests.

    write.py FOLDER        one database for each cipher and derivation, and one with a key file
"""

import sys
from pathlib import Path

from pykeepass import create_database

PASSWORD = "correct horse ä€"
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def fill(database):
    """What the tests look for."""
    work = database.add_group(database.root_group, "Work & play")
    inner = database.add_group(work, "Servers")
    entry = database.add_entry(
        inner,
        "Router <1>",
        "admin & co",
        "pä$$ \"w<o>r'd\" ]]> \U0001f600",
        url="https://router.example/login?a=b&c=d",
        notes="line one\nline two & three",
        tags=["net", "home"],
        otp=f"otpauth://totp/Router:admin?secret={SEED}&issuer=Router",
    )
    entry.set_custom_property("Serial", "SN-1")
    entry.set_custom_property("Pin", "4711", protect=True)
    # Old versions have hidden values too: whoever passes them over must take them from the stream.
    entry.save_history()
    entry.password = entry.password + "2"
    entry.save_history()
    database.add_entry(work, "After history", "bob", "second password")
    database.add_entry(database.root_group, "At the top", "carol", "third password")
    gone = database.add_entry(work, "Thrown away", "dave", "gone password")
    database.trash_entry(gone)
    attachment = database.add_binary(b"attachment" * 1000)
    database.add_entry(work, "Attached", "eve", "fourth password").add_attachment(
        attachment, "file.bin"
    )
    database.add_entry(work, "Without password", "frank", "")


def make(path, cipher=None, keyfile=None, password=PASSWORD, compressed=True):
    """One database."""
    database = create_database(path, password=password, keyfile=keyfile)
    header = database.kdbx.header.value.dynamic_header
    if cipher:
        header.cipher_id.data = cipher
        header.encryption_iv.data = b"\x07" * (12 if cipher == "chacha20" else 16)
    header.compression_flags.data.compression = compressed
    fill(database)
    database.save()


def main():
    """All of them."""
    folder = Path(sys.argv[1])
    make(str(folder / "aes.kdbx"), cipher="aes256")
    make(str(folder / "chacha20.kdbx"), cipher="chacha20")
    make(str(folder / "plain.kdbx"), compressed=False)
    key = folder / "some.key"
    key.write_bytes(b"any file at all")
    make(str(folder / "keyfile.kdbx"), keyfile=str(key))
    make(str(folder / "keyfile-alone.kdbx"), keyfile=str(key), password=None)


main()
