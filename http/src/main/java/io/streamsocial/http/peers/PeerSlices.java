package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/** The slices in a {@link PeerReply}. */
final class PeerSlices {
  private static final int NAME_CHARS_MAX = 400;
  // Shares are sent as integers: JSON has no agreed precision of fractions.
  private static final long ELAPSED_UNIT = 1_000_000_000;

  private PeerSlices() {}

  static void write(JsonGenerator json, List<RegionVolumes.Slice> slices) throws IOException {
    json.writeArrayFieldStart("slices");
    for (RegionVolumes.Slice slice : slices) {
      json.writeStartObject();
      json.writeNumberField("partition", slice.partition());
      json.writeNumberField("elapsed", Math.round(slice.elapsed() * ELAPSED_UNIT));
      json.writeArrayFieldStart("volumes");
      for (Map.Entry<String, long[]> volume : slice.volumes().entrySet()) {
        json.writeStartObject();
        json.writeStringField("region", volume.getKey());
        counts(json, volume.getValue());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("candidates");
      for (RegionVolumes.Candidate candidate : slice.candidates()) {
        json.writeStartObject();
        json.writeStringField("region", candidate.region());
        json.writeStringField("hashtag", candidate.hashtag());
        counts(json, candidate.counts());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void counts(JsonGenerator json, long[] counts) throws IOException {
    json.writeFieldName("counts");
    json.writeArray(counts, 0, counts.length);
  }

  /**
   * Reads the slices, and refuses what could falsify the merge: a slice missing or twice, or counts
   * that are not one a window.
   */
  static List<RegionVolumes.Slice> read(
      JsonFields fields, PeerQuery query, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    if (answered.isEmpty()) {
      return List.of();
    }
    List<RegionVolumes.Slice> slices = new ArrayList<>();
    Set<Integer> partitions = new TreeSet<>();
    int windows = -1;
    for (JsonFields each : fields.objects("slices")) {
      Map<String, long[]> volumes = new HashMap<>();
      for (JsonFields volume : each.objects("volumes")) {
        long[] counts = counts(volume, query, windows);
        windows = counts.length;
        volumes.put(volume.text("region", NAME_CHARS_MAX), counts);
      }
      List<RegionVolumes.Candidate> candidates = new ArrayList<>();
      for (JsonFields candidate : each.objects("candidates")) {
        candidates.add(
            new RegionVolumes.Candidate(
                candidate.text("region", NAME_CHARS_MAX),
                candidate.text("hashtag", NAME_CHARS_MAX),
                counts(candidate, query, windows)));
      }
      int partition = each.integer("partition", 0, Integer.MAX_VALUE);
      double elapsed = (double) each.number("elapsed", 0, ELAPSED_UNIT) / ELAPSED_UNIT;
      partitions.add(partition);
      slices.add(new RegionVolumes.Slice(partition, elapsed, volumes, candidates));
    }
    if (!partitions.equals(answered.keySet()) || slices.size() != answered.size()) {
      throw new JsonFields.MalformedException("it has not one slice a partition");
    }
    return slices;
  }

  /**
   * @param windows as many as the first had; -1 for the first
   */
  private static long[] counts(JsonFields fields, PeerQuery query, int windows)
      throws JsonFields.MalformedException {
    List<Long> counts = fields.numbers("counts", 0, Long.MAX_VALUE / 2);
    if (counts.size() > query.asked().question().windows()
        || counts.isEmpty()
        || (windows >= 0 && counts.size() != windows)) {
      throw new JsonFields.MalformedException("a slice has not one count a window");
    }
    return counts.stream().mapToLong(Long::longValue).toArray();
  }
}
