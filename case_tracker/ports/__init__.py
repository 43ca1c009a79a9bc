"""What the services need from the outside, as Protocols. Never names a technology."""
