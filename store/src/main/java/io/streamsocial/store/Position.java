package io.streamsocial.store;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * How far a store has come. Written in the same batch as the rows, so that no crash can make them
 * disagree.
 *
 * <pre>
 *   1 version | 8 inputOffset | 8 changelogOffset | 8 streamTimeMs | progress
 * </pre>
 *
 * @param inputOffset next input (shuffle) offset that the rows do not include
 * @param changelogOffset next changelog offset that the rows do not include
 * @param streamTimeMs at inputOffset; {@link Long#MIN_VALUE} before the first record
 * @param progress the writer's own account of its input at inputOffset; opaque here
 */
@SuppressWarnings("ArrayRecordComponent") // copied at the border, compared by content
public record Position(long inputOffset, long changelogOffset, long streamTimeMs, byte[] progress) {

  private static final byte VERSION = 1;
  private static final int FIXED_BYTES = 1 + 3 * Long.BYTES;

  /** An empty store. */
  public static final Position NONE = new Position(0, 0, Long.MIN_VALUE, new byte[0]);

  public Position {
    if (inputOffset < 0 || changelogOffset < 0) {
      throw new IllegalArgumentException(
          "position %d/%d: offsets are never negative".formatted(inputOffset, changelogOffset));
    }
    progress = progress.clone();
  }

  @Override
  public byte[] progress() {
    return progress.clone();
  }

  /** The same rows, known to be in the changelog up to a later offset. */
  public Position withChangelogOffset(long offset) {
    if (offset < changelogOffset) {
      throw new IllegalArgumentException(
          "changelog offset %d after %d: a position never goes back"
              .formatted(offset, changelogOffset));
    }
    return new Position(inputOffset, offset, streamTimeMs, progress);
  }

  /** The same with another account of the input. */
  Position withProgress(byte[] account) {
    return new Position(inputOffset, changelogOffset, streamTimeMs, account);
  }

  byte[] encode() {
    return ByteBuffer.allocate(FIXED_BYTES + progress.length)
        .put(VERSION)
        .putLong(inputOffset)
        .putLong(changelogOffset)
        .putLong(streamTimeMs)
        .put(progress)
        .array();
  }

  static Position decode(byte[] bytes) {
    if (bytes.length < FIXED_BYTES || bytes[0] != VERSION) {
      throw new IllegalArgumentException(
          "not a position of version %d: %d bytes".formatted(VERSION, bytes.length));
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
    return new Position(
        in.getLong(),
        in.getLong(),
        in.getLong(),
        Arrays.copyOfRange(bytes, FIXED_BYTES, bytes.length));
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Position p
        && inputOffset == p.inputOffset
        && changelogOffset == p.changelogOffset
        && streamTimeMs == p.streamTimeMs
        && Arrays.equals(progress, p.progress);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(inputOffset) * 31 + Long.hashCode(changelogOffset);
  }

  @Override
  public String toString() {
    return "input offset %d, changelog offset %d, stream time %d"
        .formatted(inputOffset, changelogOffset, streamTimeMs);
  }
}
