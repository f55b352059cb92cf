// The executable: arguments to a command, nothing else.
import Linux
import Web

exit(WebCommands.run(CommandLine.arguments))
