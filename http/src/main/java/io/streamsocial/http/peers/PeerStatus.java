package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.StatusTotals;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The status that instances exchange once a second: all that changes between two rebalances.
 *
 * @param state of the instance; one that this version does not know is kept as it is
 * @param shufflePartitions must be the same in the whole application, as must windowMs
 * @param postsLag posts not yet read, -1 when unknown
 * @param partitions that it holds
 */
record PeerStatus(
    PeerIdentity identity,
    String state,
    int shufflePartitions,
    long windowMs,
    long postsLag,
    SortedMap<Integer, HeldPartition> partitions) {
  /** Of a thousand partitions, each at its longest. */
  static final int BYTES_MAX = 512 << 10;

  private static final int STATE_MAX = 40;

  /**
   * @param restoring whether it cannot be read yet
   * @param lag shuffle records not yet included, -1 when unknown
   * @param newestMs steady clock of this process up to which it includes input of any source, 0
   *     when unknown, {@link #UNSAID} from an older version
   */
  record HeldPartition(
      Role role,
      boolean restoring,
      long shuffleOffset,
      long lag,
      long restoreRemaining,
      long newestMs) {
    static final long UNSAID = -1;
  }

  static PeerStatus of(EngineStatus status, EngineState state, long windowMs) {
    SortedMap<Integer, HeldPartition> partitions = new TreeMap<>();
    for (EngineStatus.Partition each : status.partitions()) {
      partitions.put(
          each.partition(),
          new HeldPartition(
              each.role(),
              each.restoring(),
              each.shuffleOffset(),
              each.shuffleLag(),
              each.restoreRemaining(),
              each.newestMs()));
    }
    return new PeerStatus(
        PeerIdentity.of(status),
        state.name(),
        status.shufflePartitions(),
        windowMs,
        StatusTotals.postsLag(status),
        partitions);
  }

  /**
   * @param now by the clocks of the process that sends it
   */
  void write(JsonGenerator json, Moment now) throws IOException {
    json.writeStartObject();
    identity.write(json);
    json.writeStringField("state", state);
    json.writeObjectFieldStart("checks");
    json.writeNumberField("shuffle_partitions", shufflePartitions);
    json.writeNumberField("window_ms", windowMs);
    json.writeEndObject();
    json.writeNumberField("posts_lag", postsLag);
    json.writeArrayFieldStart("partitions");
    for (var entry : partitions.entrySet()) {
      HeldPartition held = entry.getValue();
      json.writeStartObject();
      json.writeNumberField("partition", entry.getKey());
      json.writeStringField("role", held.role().name());
      json.writeBooleanField("restoring", held.restoring());
      json.writeNumberField("shuffle_offset", held.shuffleOffset());
      json.writeNumberField("lag", held.lag());
      json.writeNumberField("restore_remaining", held.restoreRemaining());
      json.writeNumberField("newest_age_ms", age(held, now));
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** The steady clock of one process says nothing to another one, an age does; -1 when unknown. */
  private static long age(HeldPartition held, Moment now) {
    return held.newestMs() == 0 ? -1 : Math.max(0, now.steadyMs() - held.newestMs());
  }

  private static long newest(JsonFields fields, Moment asked) throws JsonFields.MalformedException {
    if (!fields.has("newest_age_ms")) {
      return HeldPartition.UNSAID;
    }
    long ageMs = fields.number("newest_age_ms", -1, Long.MAX_VALUE);
    return ageMs < 0 ? 0 : Math.max(1, asked.steadyMs() - ageMs);
  }

  /**
   * @param asked when it was asked for, by the clocks of this process
   */
  static PeerStatus read(byte[] body, Moment asked) throws JsonFields.MalformedException {
    JsonFields fields = JsonFields.parse(body);
    PeerIdentity identity = PeerIdentity.read(fields);
    JsonFields checks = fields.object("checks");
    SortedMap<Integer, HeldPartition> partitions = new TreeMap<>();
    for (JsonFields each : fields.objects("partitions")) {
      partitions.put(
          each.integer("partition", 0, Integer.MAX_VALUE),
          new HeldPartition(
              role(each),
              each.flag("restoring"),
              each.number("shuffle_offset", 0, Long.MAX_VALUE),
              each.number("lag", -1, Long.MAX_VALUE),
              each.number("restore_remaining", 0, Long.MAX_VALUE),
              newest(each, asked)));
    }
    return new PeerStatus(
        identity,
        fields.text("state", STATE_MAX),
        checks.integer("shuffle_partitions", 1, Integer.MAX_VALUE),
        checks.number("window_ms", 1, Long.MAX_VALUE),
        fields.number("posts_lag", -1, Long.MAX_VALUE),
        partitions);
  }

  static Role role(JsonFields fields) throws JsonFields.MalformedException {
    String name = fields.text("role", STATE_MAX);
    for (Role role : Role.values()) {
      if (role.name().equals(name)) {
        return role;
      }
    }
    throw new JsonFields.MalformedException("'role' is none of this version");
  }

  /** Whether it can answer for the partition. */
  boolean canRead(int partition) {
    HeldPartition held = partitions.get(partition);
    return held != null && !held.restoring();
  }

  /** See {@link HeldPartition}; {@link HeldPartition#UNSAID} while it cannot be read. */
  long newestMs(int partition) {
    HeldPartition held = partitions.get(partition);
    return held == null || held.restoring() ? HeldPartition.UNSAID : held.newestMs();
  }

  boolean isActive(int partition) {
    HeldPartition held = partitions.get(partition);
    return held != null && !held.restoring() && held.role() == Role.ACTIVE;
  }
}
