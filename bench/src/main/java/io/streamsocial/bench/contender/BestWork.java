package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.KeyBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The engine's own parser, and its table for each window and region. What the engine needs beyond:
 * a second fold behind the shuffle, the row of all regions, transactions, checkpoints, a store.
 */
final class BestWork implements FloorContender.Work<ByteBuffer> {
  private static final int POST_BYTES_MAX = 1 << 20;
  private static final long AHEAD_MS_MAX = 300_000;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Cell(long windowStartMs, byte[] region, CountTable tags) {}

  private final PostParser parser = new PostParser(POST_BYTES_MAX, AHEAD_MS_MAX);
  private final List<Cell> cells = new ArrayList<>();
  private final KeyBatch waiting = new KeyBatch();
  private final CountTable[] tables = new CountTable[KeyBatch.KEYS_MAX];
  private final long nowMs = System.currentTimeMillis(); // all posts are older

  @Override
  public void post(ByteBuffer value) {
    Rejection rejection =
        parser.parse(
            value.array(), value.arrayOffset() + value.position(), value.remaining(), nowMs, nowMs);
    if (rejection != null) {
      throw new IllegalStateException("a good post was rejected: " + rejection);
    }
    Hashtags hashtags = parser.hashtags();
    CountTable tags = tags(parser.timestampMs(), parser.region());
    byte[] bytes = hashtags.bytes();
    for (int i = 0; i < hashtags.size(); i++) {
      if (waiting.isFull()) {
        fold();
      }
      tables[waiting.size()] = tags;
      waiting.addCopy(bytes, hashtags.offset(i), hashtags.length(i), 1);
    }
  }

  private void fold() {
    waiting.touch(tables);
    byte[] bytes = waiting.bytes();
    for (int i = 0; i < waiting.size(); i++) {
      CountTable tags = tables[i];
      int hash = waiting.hash(i);
      int offset = waiting.offset(i);
      int length = waiting.length(i);
      int entry = tags.find(hash, bytes, offset, length);
      if (entry < 0) {
        int unused = tags.insert(hash, bytes, offset, length, 1);
      } else {
        tags.add(entry, 1);
      }
    }
    waiting.clear();
  }

  /** Posts come in order of their time, so that of the last cells is found first. */
  private CountTable tags(long timeMs, byte[] region) {
    long startMs = timeMs - timeMs % PostSource.WINDOW_MS;
    for (int i = cells.size() - 1; i >= 0; i--) {
      Cell cell = cells.get(i);
      if (cell.windowStartMs == startMs && Arrays.equals(cell.region, region)) {
        return cell.tags;
      }
    }
    Cell cell = new Cell(startMs, region.clone(), new CountTable());
    cells.add(cell);
    return cell.tags;
  }

  @Override
  public Digest result() {
    fold();
    Digest digest = new Digest();
    for (Cell cell : cells) {
      CountTable tags = cell.tags;
      for (int i = 0; i < tags.size(); i++) {
        digest.add(
            cell.windowStartMs,
            cell.region,
            cell.region.length,
            tags.arena(),
            tags.offset(i),
            tags.length(i),
            tags.count(i));
      }
    }
    return digest;
  }
}
