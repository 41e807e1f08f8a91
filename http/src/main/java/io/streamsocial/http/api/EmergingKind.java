package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Request;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.Emerging;
import io.streamsocial.processor.trends.RegionVolumes;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.List;

/** GET /api/emerging: the hashtags that are mentioned more than their past lets expect. */
final class EmergingKind implements MergedEndpoint.Kind<Emerging.Question, Emerging.Answer> {
  static final Parameter<Emerging.Scorer> SCORER =
      Parameter.oneOf(
          "scorer",
          Emerging.Scorer.class,
          Emerging.Scorer.SURPRISE,
          Arrays.asList(Emerging.Scorer.values()),
          Emerging.Scorer::label);
  static final Parameter<Long> MIN_COUNT =
      Parameter.optionalNumber("min_count", 1, Integer.MAX_VALUE);
  static final Parameter<Double> THRESHOLD = Parameter.optionalDecimal("threshold", 0, 1e9);

  private final TrendingParameters parameters;
  private final int windowsMax;

  /**
   * @param windowsMax windows that are kept, the running one included
   */
  EmergingKind(TrendingParameters parameters, int windowsMax) {
    this.parameters = parameters;
    this.windowsMax = windowsMax;
  }

  @Override
  public Emerging.Question question(Request request, long atMs) {
    Emerging.Scorer scorer = request.get(SCORER);
    return new Emerging.Question(
        request.get(parameters.limit),
        request.arguments().find(parameters.region).orElse(null),
        scorer,
        request.arguments().find(MIN_COUNT).orElse(Emerging.DEFAULT_MIN_COUNT),
        request.arguments().find(THRESHOLD).orElse(scorer.defaultThreshold()),
        atMs);
  }

  @Override
  public RegionVolumes.Question slices(Emerging.Question question) {
    return question.slices(windowsMax);
  }

  @Override
  public Emerging.Answer merge(
      Emerging.Question question, List<Integer> expected, List<RegionVolumes.SlicesPart> parts) {
    return Emerging.merge(question, expected, parts);
  }

  @Override
  public Completeness completeness(Emerging.Answer answer) {
    return answer.completeness();
  }

  @Override
  public void write(JsonGenerator json, Emerging.Answer answer) throws IOException {
    json.writeArrayFieldStart("emerging");
    for (Emerging.Row row : answer.rows()) {
      json.writeStartObject();
      json.writeStringField("hashtag", row.hashtag());
      json.writeStringField("region", row.region());
      json.writeNumberField("count", row.count());
      json.writeFieldName("expected");
      json.writeNumber(rounded(row.expected()));
      json.writeFieldName("score");
      json.writeNumber(rounded(row.score()));
      json.writeNumberField("velocity", row.velocity());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeStringField("scorer", answer.scorer().label());
  }

  /** To 2 digits; both are finite. */
  private static BigDecimal rounded(double value) {
    return BigDecimal.valueOf(value).setScale(2, RoundingMode.HALF_UP);
  }
}
