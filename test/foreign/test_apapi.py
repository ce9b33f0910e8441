"""apapi (https://github.com/DLZaan/apapi)."""

import gzip
import time
import unittest

import apapi
import simulator
from apapi.utils import MIMEType
from simulator import BAD_ROWS, GOOD_ROWS, LOAD_SALES, MODEL, PASSWORD, SALES_FILE, USER, WORKSPACE

simulator.redirect_requests()


class Apapi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sign_in = apapi.BasicAuth(f"{USER}:{PASSWORD}")
        cls.client = apapi.Connection(cls.sign_in)

    @classmethod
    def tearDownClass(cls):
        cls.sign_in.close()

    def ended(self, poll, *ids: str) -> dict:
        while (task := poll(MODEL, *ids).json()["task"])["taskState"] != "COMPLETE":
            time.sleep(0.5)
        return task

    def test_lists_everything(self):
        client = self.client
        self.assertTrue(self.sign_in.validate_token())
        self.sign_in.refresh_token()
        self.assertEqual([each["id"] for each in client.get_workspaces().json()["workspaces"]], [WORKSPACE])
        self.assertEqual([each["id"] for each in client.get_models().json()["models"]], [MODEL])
        self.assertIn(LOAD_SALES, client.get_imports(MODEL).text)
        self.assertEqual(client.get_import(MODEL, LOAD_SALES).json()["importMetadata"]["source"]["columnCount"], 6)
        self.assertEqual(client.get_export(MODEL, simulator.BOARD_REPORT).json()["exportMetadata"]["exportFormat"], "text/csv")
        actions = client.get_process(MODEL, simulator.RECALCULATE).json()["processMetadata"]["actions"]
        self.assertEqual(actions[0]["id"], simulator.DELETE_DISCONTINUED)
        self.assertIn(SALES_FILE, client.get_files(MODEL).text)

    def test_uploads_in_chunks_imports_and_reads_back(self):
        client = self.client
        chunks = [GOOD_ROWS[:50].encode(), GOOD_ROWS[50:].encode()]
        client.upload_file(MODEL, SALES_FILE, [gzip.compress(each) for each in chunks], MIMEType.APP_GZIP)
        self.assertEqual(simulator.uploaded(SALES_FILE)["sha256"], simulator.sha256(GOOD_ROWS))
        self.assertEqual(b"".join(client.download_file(MODEL, SALES_FILE)), GOOD_ROWS.encode())
        task_id = client.run_import(MODEL, LOAD_SALES).json()["task"]["taskId"]
        self.assertTrue(self.ended(client.get_import_task, LOAD_SALES, task_id)["result"]["successful"])
        self.assertIn(task_id, client.get_import_tasks(MODEL, LOAD_SALES).text)

    def test_keeps_the_dump_of_rejected_rows(self):
        client = self.client
        client.put_file(MODEL, SALES_FILE, BAD_ROWS.encode())
        self.assertEqual(client.get_file(MODEL, SALES_FILE).text, BAD_ROWS)
        task_id = client.run_import(MODEL, LOAD_SALES).json()["task"]["taskId"]
        self.assertTrue(self.ended(client.get_import_task, LOAD_SALES, task_id)["result"]["failureDumpAvailable"])
        dump = client.download_import_dump(MODEL, LOAD_SALES, task_id)
        self.assertIn(b'"E","P999"', dump)
        self.assertEqual(client.get_import_dump(MODEL, LOAD_SALES, task_id).content, dump)

    def test_runs_a_process_and_downloads_its_export(self):
        client = self.client
        task_id = client.run_process(MODEL, simulator.RECALCULATE).json()["task"]["taskId"]
        self.assertTrue(self.ended(client.get_process_task, simulator.RECALCULATE, task_id)["result"]["successful"])
        self.assertIn(b"Espresso Beans", b"".join(client.download_file(MODEL, simulator.BOARD_REPORT)))


if __name__ == "__main__":
    unittest.main()
