package io.streamsocial.http.peers;

import io.streamsocial.http.Parameter;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A position in the posts topic, opaque to the client that carries it from a write to a read, or
 * from one read to the next: so that no answer includes less than the one before.
 *
 * <pre>
 *   version (1 byte, = 1) | { partition (4 bytes) | next offset (8 bytes) } ...   big-endian
 * </pre>
 *
 * as base64url without padding, partitions ascending, so equal positions are equal tokens.
 *
 * @param next by posts partition, the next offset to read once the position is included
 */
public record PositionToken(SortedMap<Integer, Long> next) {
  private static final byte VERSION = 1;
  private static final int ENTRY_BYTES = Integer.BYTES + Long.BYTES;

  public static Parameter<PositionToken> parameter(String name) {
    return Parameter.of(name, PositionToken.class, PositionToken::decode, "the token of an answer");
  }

  /** The position just after the last record written to each posts partition. */
  public static PositionToken after(Map<Integer, Long> lastOffsets) {
    SortedMap<Integer, Long> next = new TreeMap<>();
    lastOffsets.forEach((partition, offset) -> next.put(partition, offset + 1));
    return new PositionToken(next);
  }

  static PositionToken of(Map<Integer, Long> next) {
    return new PositionToken(new TreeMap<>(next));
  }

  public String encode() {
    ByteBuffer bytes = ByteBuffer.allocate(1 + next.size() * ENTRY_BYTES).put(VERSION);
    for (Map.Entry<Integer, Long> entry : next.entrySet()) {
      bytes.putInt(entry.getKey()).putLong(entry.getValue());
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /** Empty when the text is not a token that this version writes. */
  public static Optional<PositionToken> decode(String text) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      if (bytes.get() != VERSION) {
        return Optional.empty();
      }
      SortedMap<Integer, Long> next = new TreeMap<>();
      while (bytes.hasRemaining()) {
        int partition = bytes.getInt();
        long offset = bytes.getLong();
        if (partition < 0 || offset < 0 || next.put(partition, offset) != null) {
          return Optional.empty();
        }
      }
      return Optional.of(new PositionToken(next));
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      return Optional.empty();
    }
  }
}
