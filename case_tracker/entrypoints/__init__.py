"""How the outside world gets in: HTTP and the command line. Never decides anything about cases."""
