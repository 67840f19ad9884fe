"""Writes KeePass databases of version 4 with pykeepass, for the reader's tests.

    write.py FOLDER NAME...    NAME.kdbx for each: default (as pykeepass makes it), aes, chacha20, plain
                               (not compressed), keyfile, keyfile-alone; and the key file, some.key
"""

import sys
from io import BytesIO
from pathlib import Path

from pykeepass import PyKeePass
from pykeepass.pykeepass import BLANK_DATABASE_LOCATION, BLANK_DATABASE_PASSWORD

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


def blank():
    """An empty database whose key costs next to nothing, to make others of: pykeepass's own takes a second
    of work each time that it is opened or saved."""
    database = PyKeePass(BLANK_DATABASE_LOCATION, BLANK_DATABASE_PASSWORD)
    said = database.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
    said["M"].value, said["I"].value = 1024 * 1024, 2
    written = BytesIO()
    database.save(written)
    return written.getvalue()


def make(path, start, cipher=None, keyfile=None, password=PASSWORD, compressed=True):
    """One database, of an empty one; with pykeepass's own, just as it makes them."""
    database = PyKeePass(start, BLANK_DATABASE_PASSWORD)
    database.password, database.keyfile = password, keyfile
    header = database.kdbx.header.value.dynamic_header
    if cipher:
        header.cipher_id.data = cipher
        header.encryption_iv.data = b"\x07" * (12 if cipher == "chacha20" else 16)
    header.compression_flags.data.compression = compressed
    fill(database)
    database.save(path)


def main():
    """Those that were asked for."""
    folder = Path(sys.argv[1])
    key = folder / "some.key"
    key.write_bytes(b"any file at all")
    kinds = {
        "default": {},
        "aes": {"cipher": "aes256"},
        "chacha20": {"cipher": "chacha20"},
        "plain": {"compressed": False},
        "keyfile": {"keyfile": str(key)},
        "keyfile-alone": {"keyfile": str(key), "password": None},
    }
    cheap = blank()
    for name in sys.argv[2:]:
        start = BLANK_DATABASE_LOCATION if name == "default" else BytesIO(cheap)
        make(str(folder / f"{name}.kdbx"), start, **kinds[name])


main()
