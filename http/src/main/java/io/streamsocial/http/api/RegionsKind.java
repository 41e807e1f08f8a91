package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Request;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Regions;
import java.io.IOException;
import java.util.List;

/** GET /api/regions: the regions by their mentions. */
final class RegionsKind implements MergedEndpoint.Kind<Regions.Question, Regions.Answer> {
  private final TrendingParameters parameters;
  private final int windowsMax;
  private final int maxRegions;

  /**
   * @param windowsMax windows that are kept, the running one included
   * @param maxRegions regions that a window counts by their names in each partition
   */
  RegionsKind(TrendingParameters parameters, int windowsMax, int maxRegions) {
    this.parameters = parameters;
    this.windowsMax = windowsMax;
    this.maxRegions = maxRegions;
  }

  @Override
  public Regions.Question question(Request request, long atMs) {
    return new Regions.Question(request.get(parameters.regionLimit), windowsMax, atMs);
  }

  @Override
  public RegionVolumes.Question slices(Regions.Question question) {
    return question.slices();
  }

  @Override
  public Regions.Answer merge(
      Regions.Question question, List<Integer> expected, List<RegionVolumes.SlicesPart> parts) {
    return Regions.merge(question, expected, parts);
  }

  @Override
  public Completeness completeness(Regions.Answer answer) {
    return answer.completeness();
  }

  @Override
  public void write(JsonGenerator json, Regions.Answer answer) throws IOException {
    json.writeArrayFieldStart("regions");
    for (Regions.Row row : answer.rows()) {
      json.writeStartObject();
      json.writeStringField("region", row.region());
      json.writeNumberField("total_count", row.count());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("total_regions", answer.total());
    json.writeNumberField("max_regions", maxRegions);
    json.writeBooleanField("regions_full", answer.most() >= maxRegions);
  }
}
