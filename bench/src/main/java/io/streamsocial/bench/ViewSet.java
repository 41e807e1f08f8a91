package io.streamsocial.bench;

import io.streamsocial.bench.posts.JobView;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The views that one contender keeps, as options name them: with commas between. */
record ViewSet(Set<JobView> views) {
  static final ViewSet TRENDING = new ViewSet(Set.of(JobView.TRENDING));

  ViewSet {
    views = Set.copyOf(views);
  }

  /** Of an option. */
  static final class Converter implements ITypeConverter<ViewSet> {
    @Override
    public ViewSet convert(String labels) {
      try {
        return new ViewSet(
            Arrays.stream(labels.split(",", -1))
                .map(JobView::of)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(JobView.class))));
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  boolean isTrending() {
    return equals(TRENDING);
  }

  @Override
  public String toString() {
    return views.stream().sorted().map(JobView::label).collect(Collectors.joining(","));
  }
}
