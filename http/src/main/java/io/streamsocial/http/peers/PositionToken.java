package io.streamsocial.http.peers;

import io.streamsocial.http.Parameter;
import io.streamsocial.processor.trends.InputOffsets;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * A position in the input, opaque to the client that carries it from a write to a read, or from one
 * read to the next: so that no answer includes less than the one before.
 *
 * <pre>
 *   version 2 (1 byte) | id of the posts topic (16 bytes) | offset ...
 *   version 3, with positions in other topics
 *     | id of the posts topic (16 bytes) | number of offsets (4 bytes) | offset ...
 *     | { id of the topic (16 bytes) | number of offsets (4 bytes) | offset ... } ...
 *   offset: partition (4 bytes) | next offset (8 bytes)                           big-endian
 * </pre>
 *
 * Version 1 lacks the id: the position is of the present topic, whichever that is.
 *
 * <p>as base64url without padding, topics and partitions ascending, so equal positions are equal
 * tokens.
 *
 * @param topic the brokers' id of the posts topic; zero when unknown
 * @param next by posts partition, the next offset to read once the position is included
 * @param others the same of other topics, by their ids
 */
public record PositionToken(
    Uuid topic, SortedMap<Integer, Long> next, SortedMap<Uuid, SortedMap<Integer, Long>> others) {
  private static final byte VERSION_OF_SEVERAL = 3;
  private static final byte VERSION = 2;
  private static final byte WITHOUT_TOPIC = 1;
  private static final int TOPIC_BYTES = 2 * Long.BYTES;
  private static final int ENTRY_BYTES = Integer.BYTES + Long.BYTES;

  /** Of the posts alone. */
  public PositionToken(Uuid topic, SortedMap<Integer, Long> next) {
    this(topic, next, Collections.emptySortedMap());
  }

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

  /** The position that these offsets are, in the topics as they are now. */
  public static PositionToken of(InputOffsets offsets, InputIds present) {
    SortedMap<Uuid, SortedMap<Integer, Long>> others = new TreeMap<>();
    offsets
        .others()
        .forEach((name, next) -> present.other(name).ifPresent(id -> others.put(id, next)));
    return new PositionToken(present.posts(), offsets.posts(), others);
  }

  /**
   * Its offsets; empty when it is of another topic than is read now: one that was deleted and
   * created again, or that another configuration names.
   */
  public Optional<InputOffsets> in(InputIds present) {
    boolean areKnown = !topic.equals(Uuid.ZERO_UUID) && !present.posts().equals(Uuid.ZERO_UUID);
    if (areKnown && !topic.equals(present.posts())) {
      return Optional.empty();
    }
    SortedMap<String, SortedMap<Integer, Long>> byName = new TreeMap<>();
    for (Map.Entry<Uuid, SortedMap<Integer, Long>> other : others.entrySet()) {
      Optional<String> name = present.name(other.getKey());
      if (name.isEmpty()) {
        return Optional.empty();
      }
      byName.put(name.get(), other.getValue());
    }
    return Optional.of(new InputOffsets(next, byName));
  }

  public String encode() {
    int size = 1 + TOPIC_BYTES + Integer.BYTES + next.size() * ENTRY_BYTES;
    for (SortedMap<Integer, Long> other : others.values()) {
      size += TOPIC_BYTES + Integer.BYTES + other.size() * ENTRY_BYTES;
    }
    ByteBuffer bytes = ByteBuffer.allocate(size);
    if (!others.isEmpty()) {
      bytes.put(VERSION_OF_SEVERAL);
      put(bytes, topic, next);
      others.forEach((id, offsets) -> put(bytes, id, offsets));
    } else if (topic.equals(Uuid.ZERO_UUID)) {
      bytes.put(WITHOUT_TOPIC);
      put(bytes, next);
    } else {
      bytes.put(VERSION);
      put(bytes, topic);
      put(bytes, next);
    }
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(Arrays.copyOf(bytes.array(), bytes.position()));
  }

  private static void put(ByteBuffer bytes, Uuid id, SortedMap<Integer, Long> offsets) {
    put(bytes, id);
    bytes.putInt(offsets.size());
    put(bytes, offsets);
  }

  private static void put(ByteBuffer bytes, Uuid id) {
    bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  private static void put(ByteBuffer bytes, SortedMap<Integer, Long> offsets) {
    for (Map.Entry<Integer, Long> entry : offsets.entrySet()) {
      bytes.putInt(entry.getKey()).putLong(entry.getValue());
    }
  }

  /** Empty when the text is not a token that this version writes. */
  public static Optional<PositionToken> decode(String text) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      byte version = bytes.get();
      PositionToken token =
          switch (version) {
            case WITHOUT_TOPIC -> new PositionToken(Uuid.ZERO_UUID, rest(bytes));
            case VERSION -> new PositionToken(id(bytes), rest(bytes));
            case VERSION_OF_SEVERAL -> several(bytes);
            default -> throw new IllegalArgumentException("version " + version);
          };
      return Optional.of(token);
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      return Optional.empty();
    }
  }

  private static PositionToken several(ByteBuffer bytes) {
    Uuid topic = id(bytes);
    SortedMap<Integer, Long> next = offsets(bytes, bytes.getInt());
    SortedMap<Uuid, SortedMap<Integer, Long>> others = new TreeMap<>();
    while (bytes.hasRemaining()) {
      if (others.put(id(bytes), offsets(bytes, bytes.getInt())) != null) {
        throw new IllegalArgumentException("a topic twice");
      }
    }
    return new PositionToken(topic, next, others);
  }

  private static Uuid id(ByteBuffer bytes) {
    return new Uuid(bytes.getLong(), bytes.getLong());
  }

  private static SortedMap<Integer, Long> rest(ByteBuffer bytes) {
    // A half one is refused, too.
    return offsets(bytes, (bytes.remaining() + ENTRY_BYTES - 1) / ENTRY_BYTES);
  }

  private static SortedMap<Integer, Long> offsets(ByteBuffer bytes, int count) {
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      int partition = bytes.getInt();
      long offset = bytes.getLong();
      if (partition < 0 || offset < 0 || offsets.put(partition, offset) != null) {
        throw new IllegalArgumentException("no offset of a partition");
      }
    }
    return offsets;
  }
}
