"""Templates that an office shares refuse a retired storage key, as all else under it does.

Own ones, under their mailbox's key, have random bytes where a shared one names its key.
"""

from django.db import migrations

_KEY = "encode(substr(NEW.sealed_body, 3, get_byte(NEW.sealed_body, 1)), 'escape')"
# VOLATILE: it sees what was committed while the statement waited for the table.
_FENCE = f"""
CREATE FUNCTION refuse_retired_mailbox_lettertemplate() RETURNS trigger
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF NEW.agency_id IS NOT NULL AND length(NEW.sealed_body) > 2
     AND EXISTS (SELECT 1 FROM mailbox_retiredkey WHERE id = {_KEY}) THEN
    RAISE EXCEPTION 'sealed under a retired key' USING ERRCODE = 'GM001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse_retired BEFORE INSERT OR UPDATE OF sealed_body ON mailbox_lettertemplate
FOR EACH ROW EXECUTE FUNCTION refuse_retired_mailbox_lettertemplate();
"""
_GONE = """
DROP TRIGGER refuse_retired ON mailbox_lettertemplate;
DROP FUNCTION refuse_retired_mailbox_lettertemplate();
"""


class Migration(migrations.Migration):
    dependencies = [("mailbox", "0013_queue_of_officers")]

    operations = [migrations.RunSQL(_FENCE, _GONE)]
