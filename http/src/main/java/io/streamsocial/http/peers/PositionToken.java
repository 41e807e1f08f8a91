package io.streamsocial.http.peers;

import io.streamsocial.http.Parameter;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * A position in the posts topic, opaque to the client that carries it from a write to a read, or
 * from one read to the next: so that no answer includes less than the one before.
 *
 * <pre>
 *   version 2 (1 byte) | id of the posts topic (16 bytes)
 *     | { partition (4 bytes) | next offset (8 bytes) } ...   big-endian
 * </pre>
 *
 * Version 1 lacks the id: the position is of the present topic, whichever that is.
 *
 * <p>as base64url without padding, partitions ascending, so equal positions are equal tokens.
 *
 * @param topic the brokers' id of the posts topic; zero when unknown
 * @param next by posts partition, the next offset to read once the position is included
 */
public record PositionToken(Uuid topic, SortedMap<Integer, Long> next) {
  private static final byte VERSION = 2;
  private static final byte WITHOUT_TOPIC = 1;
  private static final int TOPIC_BYTES = 2 * Long.BYTES;
  private static final int ENTRY_BYTES = Integer.BYTES + Long.BYTES;

  public static Parameter<PositionToken> parameter(String name) {
    return Parameter.of(name, PositionToken.class, PositionToken::decode, "the token of an answer");
  }

  /** The position just after the last record written to each posts partition. */
  public static PositionToken after(Uuid topic, Map<Integer, Long> lastOffsets) {
    SortedMap<Integer, Long> next = new TreeMap<>();
    lastOffsets.forEach((partition, offset) -> next.put(partition, offset + 1));
    return new PositionToken(topic, next);
  }

  static PositionToken of(Map<Integer, Long> next) {
    return new PositionToken(Uuid.ZERO_UUID, new TreeMap<>(next));
  }

  /**
   * Whether its offsets are of another topic than this one: one that was deleted and created again,
   * or that another configuration names.
   */
  public boolean isOfAnother(Uuid present) {
    boolean areKnown = !topic.equals(Uuid.ZERO_UUID) && !present.equals(Uuid.ZERO_UUID);
    return areKnown && !topic.equals(present);
  }

  public String encode() {
    ByteBuffer bytes = ByteBuffer.allocate(1 + TOPIC_BYTES + next.size() * ENTRY_BYTES);
    if (topic.equals(Uuid.ZERO_UUID)) {
      bytes.put(WITHOUT_TOPIC);
    } else {
      bytes.put(VERSION);
      bytes.putLong(topic.getMostSignificantBits()).putLong(topic.getLeastSignificantBits());
    }
    for (Map.Entry<Integer, Long> entry : next.entrySet()) {
      bytes.putInt(entry.getKey()).putLong(entry.getValue());
    }
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(Arrays.copyOf(bytes.array(), bytes.position()));
  }

  /** Empty when the text is not a token that this version writes. */
  public static Optional<PositionToken> decode(String text) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      byte version = bytes.get();
      if (version != VERSION && version != WITHOUT_TOPIC) {
        return Optional.empty();
      }
      Uuid topic = version == VERSION ? new Uuid(bytes.getLong(), bytes.getLong()) : Uuid.ZERO_UUID;
      SortedMap<Integer, Long> next = new TreeMap<>();
      while (bytes.hasRemaining()) {
        int partition = bytes.getInt();
        long offset = bytes.getLong();
        if (partition < 0 || offset < 0 || next.put(partition, offset) != null) {
          return Optional.empty();
        }
      }
      return Optional.of(new PositionToken(topic, next));
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      return Optional.empty();
    }
  }
}
