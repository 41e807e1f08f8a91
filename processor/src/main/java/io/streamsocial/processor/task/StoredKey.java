package io.streamsocial.processor.task;

import io.streamsocial.store.TaskStore;
import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.WindowKey;

/**
 * The parts of a row's key on disk.
 *
 * @param startMs of its window or session
 */
@SuppressWarnings("ArrayRecordComponent") // read at once, never compared
public record StoredKey(long startMs, byte[] group, byte[] bytes) {

  public static StoredKey of(KeptView view, byte[] stored) {
    return view.kind() == TaskStore.Kind.SESSIONS
        ? new StoredKey(SessionKey.start(stored), SessionKey.group(stored), SessionKey.key(stored))
        : new StoredKey(
            WindowKey.windowStart(stored), WindowKey.region(stored), WindowKey.tag(stored));
  }
}
