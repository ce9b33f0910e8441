"""anaplan-orm (https://github.com/valdal14/anaplan-orm), synchronous and asynchronous."""

import logging
import tempfile
import unittest

import httpx
import simulator
from anaplan_orm.authenticator import BasicAuthenticator, CertificateAuthenticator
from anaplan_orm.client import AnaplanClient
from simulator import CERTIFICATE_AND_KEY, GOOD_ROWS, MODEL, PASSWORD, SALES_FILE, USER, WORKSPACE

simulator.redirect_httpx(httpx)
logging.disable(logging.CRITICAL)

ROWS = simulator.HEADER + "P100,North,Feb 26,5,50.5,2026-02-03\n" * 40_000
FILE = (WORKSPACE, MODEL, SALES_FILE)


class AnaplanOrm(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.client = AnaplanClient(BasicAuthenticator(USER, PASSWORD))

    def test_signs_in(self):
        self.assertEqual(self.client.ping(), 200)
        self.assertEqual(AnaplanClient(CertificateAuthenticator(CERTIFICATE_AND_KEY)).ping(), 200)

    def test_uploads_at_once_and_in_chunks(self):
        self.client.upload_file(*FILE, GOOD_ROWS)
        self.assertEqual(simulator.uploaded(SALES_FILE)["sha256"], simulator.sha256(GOOD_ROWS))
        self.client.upload_file_chunked(*FILE, ROWS, chunk_size_mb=1)
        self.assertEqual(simulator.uploaded(SALES_FILE)["sha256"], simulator.sha256(ROWS))
        self.assertEqual(self.client.download_file_chunked(*FILE), ROWS)

    async def test_uploads_and_downloads_while_other_things_happen(self):
        await self.client.upload_file_chunked_async(*FILE, ROWS, chunk_size_mb=1)
        self.assertEqual(simulator.uploaded(SALES_FILE)["sha256"], simulator.sha256(ROWS))
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(GOOD_ROWS)
            file.flush()
            await self.client.upload_file_streaming_async(*FILE, file.name)
        lines = [line async for line in self.client.download_file_streaming_async(*FILE)]
        self.assertEqual("".join(lines), GOOD_ROWS)

    def test_runs_a_process_and_an_export(self):
        client, process, export = self.client, simulator.RECALCULATE, simulator.BOARD_REPORT
        task = client.execute_process(WORKSPACE, MODEL, process)
        ended = client.wait_for_process_completion(WORKSPACE, MODEL, process, task, poll_interval=1)
        self.assertTrue(ended["result"]["successful"])
        task = client.execute_export(WORKSPACE, MODEL, export)
        client.wait_for_export_completion(WORKSPACE, MODEL, export, task, poll_interval=1)
        self.assertIn("Espresso Beans", client.download_file_chunked(WORKSPACE, MODEL, export))


if __name__ == "__main__":
    unittest.main()
