"""moto's server, with one rule of S3 that its threads do not keep: a conditional write is decided and done as one thing.

moto looks at If-Match first and writes afterwards, so that two of its threads can both win. Here writes wait for each other.
"""

import os
import sys
import threading

from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

port = int(sys.argv[1])
os.environ["MOTO_PORT"] = str(port)
application = DomainDispatcherApplication(create_backend_app)
writing = threading.Lock()


def serve(environ, start_response):
    if environ["REQUEST_METHOD"] != "PUT":
        return application(environ, start_response)
    with writing:
        return application(environ, start_response)


run_simple("127.0.0.1", port, serve, threaded=True, request_handler=MotoRequestHandler)
