package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.SessionRows;
import io.streamsocial.store.table.SessionTable;

/**
 * What the live sessions of a table differ in from those on disk. What has expired does not differ:
 * it is not deleted one by one, see {@link SessionSweep}.
 */
final class SessionDelta {
  private final SessionTable table;
  private final SessionRows rows;
  private final long expiredBefore;

  SessionDelta(SessionTable table, SessionRows rows, long expiredBefore) {
    this.table = table;
    this.rows = rows;
    this.expiredBefore = expiredBefore;
  }

  private void compare(int entry, SessionRows.Changes changes) {
    rows.compare(
        rows.since(table.stored(entry), expiredBefore),
        rows.since(table.live(entry), expiredBefore),
        changes);
  }

  /** Reports it key by key: first what is no more, then what there is. */
  void report(ViewStore.ChangeReader reader) {
    for (int i = 0; i < table.size(); i++) {
      if (table.isChanged(i)) {
        byte[] prefix = table.keys().copyOfKey(i);
        compare(i, new Report(reader, prefix));
      }
    }
  }

  private static final class Report implements SessionRows.Changes {
    private final ViewStore.ChangeReader reader;
    private final byte[] group;
    private final byte[] key;

    Report(ViewStore.ChangeReader reader, byte[] prefix) {
      this.reader = reader;
      this.group = SessionKey.group(prefix);
      this.key = SessionKey.unescaped(prefix, prefix.length);
    }

    @Override
    public void deleted(long startMs, long endMs, boolean isGone) {
      reader.deleted(startMs, endMs, group, key, 0, key.length);
    }

    @Override
    public void changed(long[] sessions, int at) {
      reader.change(sessions[at + SessionStore.START], group, key, 0, key.length, sessions, at);
    }
  }

  /** Puts it into a batch. */
  void putTo(Snapshot.Batch batch) {
    Put put = new Put(batch);
    CountTable keys = table.keys();
    for (int i = 0; i < table.size(); i++) {
      if (table.isChanged(i)) {
        put.key.prefix(keys.arena(), keys.offset(i), keys.length(i));
        compare(i, put);
      }
    }
  }

  private static final class Put implements SessionRows.Changes {
    private final Snapshot.Batch batch;
    private final SessionKey.Buffer key = new SessionKey.Buffer();

    Put(Snapshot.Batch batch) {
      this.batch = batch;
    }

    /** A row with the same start is put over it; else it must go. */
    @Override
    public void deleted(long startMs, long endMs, boolean isGone) {
      if (isGone) {
        key.start(startMs);
        batch.delete(Snapshot.FIRST, key.bytes(), 0, key.length());
      }
    }

    @Override
    public void changed(long[] sessions, int at) {
      key.start(sessions[at + SessionStore.START]);
      batch.put(Snapshot.FIRST, key.bytes(), 0, key.length(), sessions, at);
    }
  }
}
