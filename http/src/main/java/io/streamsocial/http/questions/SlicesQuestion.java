package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The volumes and candidates of each partition, to be merged before anything is decided. */
record SlicesQuestion(RegionVolumes.Question question)
    implements TrendsQuestion<RegionVolumes.SlicesPart> {
  static final String TYPE = "slices";
  private static final int NAME_CHARS_MAX = 400;
  // Shares are sent as integers: JSON has no agreed precision of fractions.
  private static final long ELAPSED_UNIT = 1_000_000_000;

  static SlicesQuestion read(JsonFields fields, int windowsMax)
      throws JsonFields.MalformedException {
    Trending.Question common = TrendsQuestion.readCommon(fields, windowsMax);
    return new SlicesQuestion(
        new RegionVolumes.Question(
            common.windows(),
            common.region(),
            fields.number("min_count", 0, Long.MAX_VALUE),
            common.atMs()));
  }

  @Override
  public int limit() {
    return 1;
  }

  @Override
  public int windows() {
    return question.windows();
  }

  @Override
  public @Nullable String region() {
    return question.region();
  }

  @Override
  public long atMs() {
    return question.atMs();
  }

  @Override
  public RegionVolumes.SlicesPart nothing() {
    return RegionVolumes.SlicesPart.NOTHING;
  }

  @Override
  public RegionVolumes.SlicesPart read(Queries queries, Collection<Integer> partitions) {
    return queries.slices(question, partitions);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public int rows(RegionVolumes.SlicesPart part) {
    return 0;
  }

  @Override
  public long replyBytesMax(int partitions) {
    return PeerRows.bytesMax((long) partitions * RegionVolumes.ROWS_MAX, windows());
  }

  @Override
  public void writeOwn(JsonGenerator json) throws IOException {
    json.writeNumberField("min_count", question.minCount());
  }

  @Override
  public void writePart(JsonGenerator json, RegionVolumes.SlicesPart part) throws IOException {
    PeerRows.write(json, List.of());
    if (part.slices().isEmpty()) {
      return;
    }
    json.writeArrayFieldStart("slices");
    for (RegionVolumes.Slice slice : part.slices()) {
      json.writeStartObject();
      json.writeNumberField("partition", slice.partition());
      json.writeNumberField("elapsed", Math.round(slice.elapsed() * ELAPSED_UNIT));
      json.writeArrayFieldStart("volumes");
      for (Map.Entry<String, long[]> volume : slice.volumes().entrySet()) {
        json.writeStartObject();
        json.writeStringField("region", volume.getKey());
        writeCounts(json, volume.getValue());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("candidates");
      for (RegionVolumes.Candidate candidate : slice.candidates()) {
        json.writeStartObject();
        json.writeStringField("region", candidate.region());
        json.writeStringField("hashtag", candidate.hashtag());
        writeCounts(json, candidate.counts());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void writeCounts(JsonGenerator json, long[] counts) throws IOException {
    json.writeFieldName("counts");
    json.writeArray(counts, 0, counts.length);
  }

  /** Refuses a slice that is missing or there twice, and counts that are not one a window. */
  @Override
  public RegionVolumes.SlicesPart readPart(
      JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    if (answered.isEmpty()) {
      return nothing();
    }
    List<RegionVolumes.Slice> slices = new ArrayList<>();
    Set<Integer> partitions = new TreeSet<>();
    SliceCounts counts = new SliceCounts(windows());
    for (JsonFields each : fields.objects("slices")) {
      RegionVolumes.Slice slice = readSlice(each, counts);
      partitions.add(slice.partition());
      slices.add(slice);
    }
    if (!partitions.equals(answered.keySet()) || slices.size() != answered.size()) {
      throw new JsonFields.MalformedException("it has not one slice a partition");
    }
    return new RegionVolumes.SlicesPart(slices, answered);
  }

  private static RegionVolumes.Slice readSlice(JsonFields fields, SliceCounts counts)
      throws JsonFields.MalformedException {
    Map<String, long[]> volumes = new HashMap<>();
    for (JsonFields volume : fields.objects("volumes")) {
      volumes.put(volume.text("region", NAME_CHARS_MAX), counts.read(volume));
    }
    List<RegionVolumes.Candidate> candidates = new ArrayList<>();
    for (JsonFields candidate : fields.objects("candidates")) {
      candidates.add(
          new RegionVolumes.Candidate(
              candidate.text("region", NAME_CHARS_MAX),
              candidate.text("hashtag", NAME_CHARS_MAX),
              counts.read(candidate)));
    }
    return new RegionVolumes.Slice(
        fields.integer("partition", 0, Integer.MAX_VALUE),
        (double) fields.number("elapsed", 0, ELAPSED_UNIT) / ELAPSED_UNIT,
        volumes,
        candidates);
  }

  /** Reads counts of one reply: as many everywhere as the first has, and no more than asked for. */
  private static final class SliceCounts {
    private final int windowsMax;
    private int windows = -1;

    SliceCounts(int windowsMax) {
      this.windowsMax = windowsMax;
    }

    long[] read(JsonFields fields) throws JsonFields.MalformedException {
      List<Long> counts = fields.numbers("counts", 0, Long.MAX_VALUE / 2);
      if (counts.isEmpty()
          || counts.size() > windowsMax
          || (windows >= 0 && counts.size() != windows)) {
        throw new JsonFields.MalformedException("a slice has not one count a window");
      }
      windows = counts.size();
      return counts.stream().mapToLong(Long::longValue).toArray();
    }
  }
}
