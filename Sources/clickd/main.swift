// The executable: arguments to a command, nothing else. Nothing is left to exit handlers: output is written as it comes,
// and the libraries' own handlers would take apart what their threads still use.
import Linux
import Operator

_exit(Commands.run(CommandLine.arguments))
