// The executable: arguments to a command, nothing else. No exit handlers, as in clickd.
import Linux
import Web

_exit(WebCommands.run(CommandLine.arguments))
