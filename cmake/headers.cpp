// Nothing but the headers that ZcpPrecompiled.cmake has compiled with it.
