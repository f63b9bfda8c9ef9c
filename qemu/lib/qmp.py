# SPDX-License-Identifier: GPL-2.0
"""One QMP command: qmp.py SOCKET COMMAND [JSON-ARGUMENTS]; see qemu/qmp."""

import json
import socket
import sys


def answer(lines):
    """The next message that is not an event: what came of the last command."""
    for line in lines:
        message = json.loads(line)
        if "error" in message:
            sys.exit(f"qmp: {message['error']['desc']}")
        if "return" in message:
            return message["return"]
    sys.exit("qmp: QEMU hung up")


def main(path, command, arguments="{}"):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        stream = connection.makefile("rw")
        for execute, given in (("qmp_capabilities", {}), (command, json.loads(arguments))):
            stream.write(json.dumps({"execute": execute, "arguments": given}) + "\n")
            stream.flush()
            result = answer(stream)
        print(json.dumps(result, indent=1))


main(*sys.argv[1:])
