from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.directory import applying, plan
from accounts.directory.files import uploads
from accounts.directory.files.reading import records
from accounts.models import Account, AuditEvent, ImportBatch, ImportUpload, SourceRecord
from accounts.people import national_id
from tests.accounts.directory.people import other_officer
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

State = ImportBatch.State
LIST = (
    "เลขประจำตัวข้าราชการ,ชื่อ-สกุล,ตำแหน่ง,เลขที่ตำแหน่ง,สำนัก/กอง,วันเกิด\n"
    "๑,นายสมชาย ใจกว้าง,นักวิชาการ,p1,กองแผนงาน,๑ ต.ค. ๒๕๑๐\n"
    "๒,นางสมหญิง ใจเย็น,นักบัญชี,p2,กองคลัง,01/10/2515\n"
    "๓,นายวีระ ใจเด็ด,นิติกร,p3,กองกฎหมาย,31/12/9999\n"
)


@pytest.fixture
def hana(cast: Cast) -> Client:
    return signed_in(cast.hana)


def handed_in(client: Client, cast: Cast, text: str = LIST, **fields: str) -> ImportBatch:
    """Upload a list through the form, and have it read as the worker would."""
    file = SimpleUploadedFile("people.csv", text.encode("cp874"))
    fields |= {"agency": str(cast.transport.pk)}
    answer = client.post(reverse("accounts:import-upload"), {"file": file, **fields})
    assert answer.status_code == 302, answer.content.decode()
    return uploads.read(ImportBatch.objects.latest("pk"), now=timezone.now())


def page(client: Client, batch: ImportBatch, name: str = "import", query: str = "") -> str:
    return client.get(reverse(f"accounts:{name}", args=[batch.pk]) + query).content.decode()


def deed(client: Client, batch: ImportBatch, name: str) -> int:
    status = client.post(reverse(f"accounts:import-{name}", args=[batch.pk])).status_code
    batch.refresh_from_db()
    return status


def test_an_uploaded_list_waits_sealed_for_its_reader(hana: Client, cast: Cast) -> None:
    file = SimpleUploadedFile("people.csv", LIST.encode())
    data = {"file": file, "agency": cast.transport.pk}
    hana.post(reverse("accounts:import-upload"), data)

    sealed = bytes(ImportUpload.objects.get().sealed)
    assert "สมชาย".encode() not in sealed
    assert ImportBatch.objects.due(timezone.now()).get().state == State.READING


def test_once_read_the_file_is_gone(hana: Client, cast: Cast) -> None:
    batch = handed_in(hana, cast)
    assert (batch.state, ImportUpload.objects.count()) == (State.PLANNED, 0)


def test_the_plan_shows_who_joins_before_anybody_is_changed(hana: Client, cast: Cast) -> None:
    shown = page(hana, handed_in(hana, cast))

    assert "นายสมชาย ใจกว้าง" in shown
    assert "Nobody has been changed yet." in shown
    assert not SourceRecord.objects.exists()


def test_a_broken_row_says_what_is_wrong(hana: Client, cast: Cast) -> None:
    shown = page(hana, handed_in(hana, cast), query="?show=error")
    assert "nobody is born or serves in that year" in shown


def test_a_change_shows_both_sides(hana: Client, cast: Cast) -> None:
    batch = handed_in(hana, cast)
    deed(hana, batch, "approve")
    applying.apply(batch, now=timezone.now())
    shown = page(hana, handed_in(hana, cast, LIST.replace("ใจกว้าง", "รักไทย")))
    assert "<del>ใจกว้าง</del>" in shown
    assert "<ins>รักไทย</ins>" in shown


def test_an_officer_agrees_and_it_is_due(hana: Client, cast: Cast) -> None:
    batch = handed_in(hana, cast)
    assert deed(hana, batch, "approve") == 302
    assert batch.state == State.APPROVED


@pytest.fixture
def large(hana: Client, cast: Cast) -> ImportBatch:
    """Above the thresholds, and agreed to by Hana."""
    first = handed_in(hana, cast)
    deed(hana, first, "approve")
    applying.apply(first, now=timezone.now())
    head, *lines = LIST.splitlines()[:3]
    leavers = "\n".join([f"{head},เหตุที่ออก", *(f"{line},ลาออก" for line in lines)])
    batch = handed_in(hana, cast, leavers)
    deed(hana, batch, "approve")
    return batch


def test_a_large_import_tells_its_officer_to_wait(hana: Client, large: ImportBatch) -> None:
    shown = page(hana, large)
    assert "2 of 2 people would leave" in shown
    assert "Another officer must agree, too" in shown


def test_the_same_officer_twice_is_refused(hana: Client, large: ImportBatch) -> None:
    assert deed(hana, large, "second") == 422
    assert large.state == State.AWAITING_SECOND


def test_a_second_officer_finds_the_button_and_releases_it(cast: Cast, large: ImportBatch) -> None:
    bruno = signed_in(other_officer(cast))

    assert "Agree as the second officer" in page(bruno, large)
    deed(bruno, large, "second")
    assert large.state == State.APPROVED


def test_withdrawn_it_cannot_be_agreed_to(hana: Client, cast: Cast) -> None:
    batch = handed_in(hana, cast)
    deed(hana, batch, "withdraw")
    assert (batch.state, deed(hana, batch, "approve")) == (State.WITHDRAWN, 409)


def test_every_deed_is_in_the_record_of_acts(hana: Client, large: ImportBatch) -> None:
    acts = set(AuditEvent.objects.filter(object_id=str(large.pk)).values_list("act", flat=True))
    assert {"import_uploaded", "import_approved_first"} <= acts


def test_the_progress_asks_again_while_it_moves(hana: Client, cast: Cast) -> None:
    batch = handed_in(hana, cast)
    deed(hana, batch, "approve")
    answer = hana.get(
        reverse("accounts:import-progress", args=[batch.pk]), headers={"hx-request": "true"}
    )

    assert "hx-get" in answer.content.decode()
    assert "HX-Refresh" not in answer


def test_the_progress_loads_the_page_once_it_rests(hana: Client, cast: Cast) -> None:
    batch = handed_in(hana, cast)
    answer = hana.get(reverse("accounts:import-progress", args=[batch.pk]))
    assert answer["HX-Refresh"] == "true"


def test_a_file_of_no_use_is_told_of_in_a_sentence(hana: Client, cast: Cast) -> None:
    batch = handed_in(hana, cast, "hello,world\n1,2\n")
    assert "No row of headings was found" in page(hana, batch)


def test_without_a_file_the_form_says_so(hana: Client, cast: Cast) -> None:
    answer = hana.post(reverse("accounts:import-upload"), {"agency": cast.transport.pk})
    assert answer.status_code == 422
    assert "Choose a file." in answer.content.decode()


def test_a_file_for_an_agency_out_of_reach_is_refused(hana: Client, cast: Cast) -> None:
    data = {"agency": cast.interior.pk, "file": SimpleUploadedFile("x.csv", LIST.encode())}
    assert hana.post(reverse("accounts:import-upload"), data).status_code == 422
    assert not ImportBatch.objects.exists()


def test_imports_of_another_agency_do_not_exist(hana: Client, cast: Cast) -> None:
    source = uploads.source_of_files(cast.interior)
    batch = plan.begin(source, by=None, now=timezone.now(), reads_all=True)
    assert hana.get(reverse("accounts:import", args=[batch.pk])).status_code == 404


def test_for_an_official_there_are_no_imports(cast: Cast) -> None:
    assert signed_in(cast.amina).get(reverse("accounts:imports")).status_code == 404


def test_the_empty_list_can_be_read_again_and_names_nobody(hana: Client) -> None:
    answer = hana.get(reverse("accounts:import-template"))
    assert list(records(answer.content)) == []


def test_refused_rows_can_be_downloaded_and_hold_no_formula(hana: Client, cast: Cast) -> None:
    batch = handed_in(hana, cast, LIST.replace("31/12/9999", "=1+1"))
    answer = hana.get(reverse("accounts:import-errors", args=[batch.pk]))
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None

    assert sheet.max_row == 2
    assert {cell.data_type for cell in sheet[2]} <= {"s", "n", "inlineStr"}


def test_a_heading_that_is_a_formula_is_none_in_the_list_of_refused_rows(
    hana: Client, cast: Cast
) -> None:
    last_column = ["=1+1", "", "", "x"]
    lines = zip(LIST.splitlines(), last_column, strict=True)
    batch = handed_in(hana, cast, "\n".join(map(",".join, lines)))
    answer = hana.get(reverse("accounts:import-errors", args=[batch.pk]))
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    head = {str(cell.value): cell.data_type for cell in sheet[1]}
    assert head["'=1+1"] == "s"


def test_the_page_says_when_nobody_can_be_missed(hana: Client, cast: Cast) -> None:
    said = "nobody counts as missing this time"
    assert said not in page(hana, handed_in(hana, cast, names_all="on"))
    with_a_sum = f"{LIST}รวม,,,,,\n,รวม ๓ คน,,,,\n"
    assert said in page(hana, handed_in(hana, cast, with_a_sum, names_all="on"))


def test_somebody_of_another_agency_is_shown_as_the_row_says(hana: Client, cast: Cast) -> None:
    chiara = cast.chiara.official
    assert chiara is not None
    chiara.national_id_digest = national_id.digest("1101700230708")
    chiara.save()
    lines = zip(LIST.splitlines(), ["เลขประจำตัวประชาชน", "1101700230708", "", ""], strict=True)
    shown = page(hana, handed_in(hana, cast, "\n".join(map(",".join, lines))))
    assert "นายสมชาย ใจกว้าง" in shown
    assert "Chiara" not in shown


def test_a_page_of_imports_lists_the_newest(hana: Client, cast: Cast) -> None:
    handed_in(hana, cast)
    assert "people.csv" in hana.get(reverse("accounts:imports")).content.decode()


def test_a_director_is_opened_first(hana: Client, cast: Cast) -> None:
    text = LIST.replace("วันเกิด\n", "วันเกิด,ระดับ\n").replace("2515\n", "2515,อำนวยการ ระดับสูง\n")
    batch = handed_in(hana, cast, text)
    deed(hana, batch, "approve")
    applying.apply(batch, now=timezone.now())
    classes = {
        account.official.family_name_th: account.provisioning_jobs.get().queue_class
        for account in Account.objects.filter(official__source_records__isnull=False)
        if account.official
    }
    assert classes["ใจเย็น"] < classes["ใจกว้าง"]
