"""The campaigns' messageIds: UUIDs of version 4 to look at, as most senders make them, from which sender and number can be
read again. An index of ids in the order of their making would be spared what users' ids cost."""

import uuid

BITS = 60  # 24 of the sender's name, 36 of the number
MASK = (1 << BITS) - 1
FACTOR = 0xD6E8FEB86659FD93 & MASK
INVERSE = pow(FACTOR, -1, 1 << BITS)


def spread(x):
    """60 bits to 60 bits, each result once: near numbers come to lie far apart."""
    for _ in range(2):
        x = x * FACTOR & MASK
        x ^= x >> 30
    return x


def gathered(x):
    for _ in range(2):
        x ^= x >> 30
        x = x * INVERSE & MASK
    return x


def messageid(sender, number):
    """`sender`: one to three ASCII characters."""
    known = spread(int.from_bytes(sender.encode().rjust(3, b"\0"), "big") << 36 | number)
    return str(uuid.UUID(int=(known >> 12) << 80 | (known & 0xFFF) << 64 | spread(known ^ MASK), version=4))


def read(text):
    """(sender, number) of a messageId; None where no sender of ours made it."""
    try:
        high = uuid.UUID(str(text)).int >> 64
    except ValueError:
        return None
    known = gathered(high >> 16 << 12 | high & 0xFFF)
    sender, number = (known >> 36).to_bytes(3, "big").lstrip(b"\0").decode("ascii", "replace"), known & (1 << 36) - 1
    return (sender, number) if sender.isascii() and sender and messageid(sender, number) == text else None
