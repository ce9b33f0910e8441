"""anaplanConnector (https://github.com/matt-budd/anaplan-connector)."""

import contextlib
import io
import tempfile
import unittest

import simulator
from anaplanConnector import Connection
from anaplanConnector.file import File
from simulator import GOOD_ROWS, MODEL, PASSWORD, SALES_FILE, USER, WORKSPACE

simulator.redirect_requests()


class AnaplanConnector(unittest.TestCase):
    def setUp(self):
        self.client = Connection("basic", email=USER, password=PASSWORD, workspaceId=WORKSPACE, modelId=MODEL)
        # The client tells its progress on standard output.
        quiet = contextlib.redirect_stdout(io.StringIO())
        quiet.__enter__()
        self.addCleanup(quiet.__exit__, None, None, None)

    def load(self, chunk_megabytes: float) -> None:
        self.client.file = File(chunkSize=1)
        self.client.file.chunkSizeBytes = int(chunk_megabytes * 1024 * 1024)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(GOOD_ROWS)
            file.flush()
            self.client.loadFile(file.name, SALES_FILE)
        self.assertEqual(simulator.uploaded(SALES_FILE)["sha256"], simulator.sha256(GOOD_ROWS))

    def test_signs_in_by_certificate(self):
        keys = {"publicCertPath": simulator.CERTIFICATE, "privateCertPath": simulator.PRIVATE_KEY}
        client = Connection("certificate", workspaceId=WORKSPACE, modelId=MODEL, **keys)
        self.assertEqual(client.getModels()["models"][0]["id"], MODEL)

    def test_lists_everything(self):
        client = self.client
        self.assertEqual(client.getWorkspaces(tenantDetails=True)["workspaces"][0]["id"], WORKSPACE)
        self.assertEqual(client.getModels()["models"][0]["id"], MODEL)
        self.assertEqual(client.getFileIdByFilename("sales.csv"), SALES_FILE)
        self.assertEqual(client.getProcessIdByName("Recalculate"), simulator.RECALCULATE)
        self.assertEqual(client.getExportIdByName("Board Report"), simulator.BOARD_REPORT)

    def test_uploads_at_once(self):
        self.load(chunk_megabytes=1)
        self.assertEqual(simulator.uploaded(SALES_FILE)["chunks"], 1)

    def test_uploads_in_chunks(self):
        self.load(chunk_megabytes=0.00005)
        self.assertEqual(simulator.uploaded(SALES_FILE)["chunks"], 3)

    def test_runs_a_process_and_an_export(self):
        self.assertTrue(self.client.runProcess(simulator.RECALCULATE)["task"]["result"]["successful"])
        with tempfile.NamedTemporaryFile("r") as file:
            self.assertEqual(self.client.export(simulator.BOARD_REPORT, file.name), "Success")
            self.assertIn("Espresso Beans,North,Jan 26,120,1788,2026-01-28", file.read())


if __name__ == "__main__":
    unittest.main()
