package io.streamsocial.processor.group;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.log.ByteReader;
import io.streamsocial.processor.log.ByteWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;

/**
 * The encoding of the data that members exchange through Kafka's group protocol.
 *
 * <pre>
 *   version  1 byte: major in the high half, minor in the low half
 *   length   varint, of the body in bytes
 *   body     fields in a fixed order; a newer minor appends fields
 * </pre>
 *
 * <p>Instances of two versions meet in each rolling upgrade. So a reader takes the fields that it
 * knows, skips the rest, and refuses another major. Numbers are varints; partitions ascend and are
 * written as distances.
 */
final class UserData {
  /** Raise the minor (by 1) to append a field, the major (by 16) for anything else. */
  static final int VERSION = 0x13;

  private UserData() {}

  static ByteBuffer frame(ByteWriter body) {
    ByteWriter out = new ByteWriter();
    byte[] bytes = body.toBytes();
    out.put(VERSION);
    out.putVarint(bytes.length);
    out.put(bytes, 0, bytes.length);
    return ByteBuffer.wrap(out.toBytes());
  }

  /**
   * Does not move the buffer's position.
   *
   * @param fields reads the body, and only the fields that it knows
   * @throws IllegalArgumentException when the data is damaged, or of another major version; the
   *     message says which, and what to do
   */
  static <T> T read(ByteBuffer data, Function<ByteReader, T> fields) {
    ByteReader in = new ByteReader();
    in.reset(data);
    try {
      int version = in.get();
      if (version >> 4 != VERSION >> 4) {
        throw new IllegalArgumentException(
            "it speaks version %d.%d of the group's protocol, this build speaks %d.x: two majors do not share a group, so stop all instances and start them with one version"
                .formatted(version >> 4, version & 0xF, VERSION >> 4));
      }
      in.reset(in.copy(in.getLength()));
      return fields.apply(in);
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("the group's user data is damaged: " + e.getMessage(), e);
    }
  }

  static void putText(ByteWriter out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putVarint(bytes.length);
    out.put(bytes, 0, bytes.length);
  }

  static String text(ByteReader in) {
    int length = in.getLength();
    return new String(in.array(), in.skip(length), length, StandardCharsets.UTF_8);
  }

  static void putUuid(ByteWriter out, UUID id) {
    byte[] bytes = new byte[16];
    ByteBuffer.wrap(bytes)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits());
    out.put(bytes, 0, bytes.length);
  }

  static UUID uuid(ByteReader in) {
    ByteBuffer bytes = ByteBuffer.wrap(in.copy(16));
    return new UUID(bytes.getLong(), bytes.getLong());
  }

  static void putEndpoint(ByteWriter out, InstanceAddress endpoint) {
    putText(out, endpoint.host());
    out.putVarint(endpoint.port());
  }

  static InstanceAddress endpoint(ByteReader in) {
    return new InstanceAddress(text(in), number(in));
  }

  static void putPartitions(ByteWriter out, Set<Integer> partitions) {
    out.putVarint(partitions.size());
    int last = 0;
    for (int p : new TreeSet<>(partitions)) {
      out.putVarint(p - last);
      last = p;
    }
  }

  static SortedSet<Integer> partitions(ByteReader in) {
    SortedSet<Integer> partitions = new TreeSet<>();
    int last = 0;
    // Each takes at least a byte: a damaged count cannot claim more than was sent.
    for (int left = in.getLength(); left > 0; left--) {
      last = advance(last, number(in));
      partitions.add(last);
    }
    return partitions;
  }

  static void putPositions(ByteWriter out, Map<Integer, Long> positions) {
    out.putVarint(positions.size());
    int last = 0;
    for (Map.Entry<Integer, Long> each : new TreeMap<>(positions).entrySet()) {
      out.putVarint(each.getKey() - last);
      out.putVarint(each.getValue());
      last = each.getKey();
    }
  }

  static SortedMap<Integer, Long> positions(ByteReader in) {
    SortedMap<Integer, Long> positions = new TreeMap<>();
    int last = 0;
    for (int left = in.getLength(); left > 0; left--) {
      last = advance(last, number(in));
      positions.put(last, magnitude(in));
    }
    return positions;
  }

  private static int advance(int last, int distance) {
    if (distance > Integer.MAX_VALUE - last) {
      throw new IndexOutOfBoundsException("partition %d + %d".formatted(last, distance));
    }
    return last + distance;
  }

  /** 0 to the largest int. */
  static int number(ByteReader in) {
    long value = in.getVarint();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new IndexOutOfBoundsException(
          Long.toUnsignedString(value) + " is no partition or count");
    }
    return (int) value;
  }

  /** 0 to the largest long. */
  static long magnitude(ByteReader in) {
    long value = in.getVarint();
    if (value < 0) {
      throw new IndexOutOfBoundsException(Long.toUnsignedString(value) + " is no offset or time");
    }
    return value;
  }
}
