// The executable: arguments to a command, nothing else.
import Linux
import Operator

exit(Commands.run(CommandLine.arguments))
