"""anaplan-sdk (https://github.com/VinzenzKlass/anaplan-sdk), synchronous and asynchronous."""

import logging
import unittest

import anaplan_sdk
import httpx2
import simulator
from anaplan_sdk.exceptions import AnaplanActionError, InvalidCredentialsException, InvalidIdentifierException
from simulator import BAD_ROWS, GOOD_ROWS, MODEL, PASSWORD, USER, WORKSPACE

simulator.redirect_httpx(httpx2)
logging.disable(logging.CRITICAL)

IMPORT = int(simulator.LOAD_SALES)
FILE = int(simulator.SALES_FILE)
PROCESS = int(simulator.RECALCULATE)
EXPORT = int(simulator.BOARD_REPORT)
ACTION = int(simulator.DELETE_DISCONTINUED)

OPTIONS = {"workspace_id": WORKSPACE, "model_id": MODEL, "user_email": USER, "password": PASSWORD, "upload_chunk_size": 60}


class Sync(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = anaplan_sdk.Client(**OPTIONS)

    def test_a_wrong_password_is_refused(self):
        with self.assertRaises(InvalidCredentialsException):
            anaplan_sdk.Client(**{**OPTIONS, "password": "wrong"})

    def test_signs_in_by_certificate(self):
        keys = {"certificate": simulator.CERTIFICATE, "private_key": simulator.PRIVATE_KEY}
        client = anaplan_sdk.Client(workspace_id=WORKSPACE, model_id=MODEL, **keys)
        self.assertEqual(client.get_model().id, MODEL)

    def test_an_expired_token_is_renewed(self):
        simulator.change_weather({"rules": [{"match": {"path": "/2/0/models", "nth": 1}, "do": {"expireTokens": True}}]})
        self.assertEqual([each.id for each in self.client.get_models()], [MODEL])

    def test_lists_everything(self):
        client = self.client
        self.assertEqual([each.id for each in client.get_workspaces(sort_by="name")], [WORKSPACE])
        self.assertEqual(client.get_workspace().id, WORKSPACE)
        self.assertEqual([each.id for each in client.get_models(only_in_workspace=True, sort_by="name")], [MODEL])
        model = client.get_model()
        self.assertEqual((model.active_state, model.workspace_id, model.model_transaction_running), ("UNLOCKED", WORKSPACE, False))
        self.assertIn(FILE, [each.id for each in client.get_files()])
        load = next(each for each in client.get_imports(sort_by="name", descending=True) if each.id == IMPORT)
        self.assertEqual((load.type, load.file_id), ("MODULE_DATA", FILE))
        self.assertEqual([each.id for each in client.get_exports()], [EXPORT])
        self.assertEqual([each.type for each in client.get_actions()], ["DELETE_BY_SELECTION"])
        self.assertEqual([each.id for each in client.get_processes()], [PROCESS])

    def test_uploads_in_chunks_imports_and_reads_back(self):
        client = self.client
        client.upload_file(FILE, GOOD_ROWS)
        report = simulator.uploaded(FILE)
        self.assertEqual((report["sha256"], report["chunks"]), (simulator.sha256(GOOD_ROWS), 2))
        self.assertEqual(client.get_file(FILE).decode(), GOOD_ROWS)
        task = client.run_action(IMPORT)
        self.assertTrue(task.result.successful)
        self.assertEqual(task.result.details[0].local_message_text, "Units cells: 2")
        self.assertIn(task.id, [each.id for each in client.get_task_summaries(IMPORT)])

    def test_streams_an_unknown_number_of_chunks(self):
        self.client.upload_file_stream(FILE, (line + "\n" for line in GOOD_ROWS.splitlines()), batch_size=2)
        report = simulator.uploaded(FILE)
        self.assertEqual((report["sha256"], report["chunks"]), (simulator.sha256(GOOD_ROWS), 3))
        self.assertEqual(b"".join(self.client.get_file_stream(FILE)).decode(), GOOD_ROWS)

    def test_keeps_the_dump_of_rejected_rows(self):
        client = self.client
        with self.assertRaises(AnaplanActionError):
            client.upload_and_import(FILE, BAD_ROWS, IMPORT)
        newest = client.get_task_summaries(IMPORT)[-1]
        task = client.get_task_status(IMPORT, newest.id)
        self.assertTrue(task.result.failure_dump_available)
        self.assertIn("moduleImportInvalidListIdentifier", [each.type for each in task.result.details])
        # The client has no method for dumps; its HTTP layer has.
        dump = client._http.get_binary(f"{client._url}/imports/{IMPORT}/tasks/{newest.id}/dump").decode()
        self.assertIn('"E","P999"', dump)

    def test_a_file_that_does_not_exist_is_noticed(self):
        with self.assertRaises(InvalidIdentifierException):
            self.client.upload_file(113999999998, GOOD_ROWS)

    def test_runs_a_process_an_action_and_an_export(self):
        client = self.client
        nested = client.run_action(PROCESS).result.nested_results
        self.assertEqual([each.successful for each in nested], [True, True])
        self.assertTrue(client.run_action(ACTION).result.successful)
        self.assertIn("Espresso Beans,North,Jan 26,120,1788,2026-01-28", client.export_and_download(EXPORT).decode())

    def test_reads_the_state_of_the_model(self):
        self.assertEqual(self.client.tr.get_model_status().current_step, "Open")


class Async(unittest.IsolatedAsyncioTestCase):
    async def test_uploads_imports_exports_and_downloads(self):
        client = anaplan_sdk.AsyncClient(**OPTIONS)
        self.assertIn(FILE, [each.id for each in await client.get_files()])
        await client.upload_file(FILE, GOOD_ROWS)
        self.assertEqual(simulator.uploaded(FILE)["sha256"], simulator.sha256(GOOD_ROWS))
        self.assertTrue((await client.run_action(IMPORT)).result.successful)
        self.assertIn("Espresso Beans", (await client.export_and_download(EXPORT)).decode())


if __name__ == "__main__":
    unittest.main()
