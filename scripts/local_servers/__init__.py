"""Kafka and MongoDB on this machine's loopback, for development, the demonstration and the tests; see scripts/services."""


class Trouble(Exception):
    """What went wrong, as one sentence for the person at the terminal, and the exit status that says so to a script."""

    def __init__(self, sentence, status=1):
        super().__init__(sentence)
        self.status = status
