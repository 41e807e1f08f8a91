package io.streamsocial.http.peers;

import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of each holder of some partitions; which partitions is said apart, as each holder
 * is asked for others.
 *
 * @param key of the one hashtag asked for; null for the top of all
 * @param slices asked for instead of rows; then key and question play no part in it
 * @param page of rows in the order of hashtags, asked for instead of the top; then key and question
 *     play no part in it
 * @param options its {@code requireComplete} plays no part in it
 */
public record PartQuestion(
    Trending.@Nullable Key key,
    Trending.Question question,
    RegionVolumes.@Nullable Question slices,
    KeyPage.@Nullable Question page,
    ReadOptions options) {

  /** Of rows. */
  public PartQuestion(Trending.@Nullable Key key, Trending.Question question, ReadOptions options) {
    this(key, question, null, null, options);
  }

  /** Of slices. */
  public static PartQuestion of(RegionVolumes.Question slices, ReadOptions options) {
    Trending.Question same =
        new Trending.Question(1, slices.windows(), slices.region(), slices.atMs());
    return new PartQuestion(null, same, slices, null, options);
  }

  /** Of a page. */
  public static PartQuestion of(KeyPage.Question page, ReadOptions options) {
    Trending.Question same =
        new Trending.Question(page.limit(), page.windows(), page.region(), page.atMs());
    return new PartQuestion(null, same, null, page, options);
  }

  PartQuestion with(ReadOptions others) {
    return new PartQuestion(key, question, slices, page, others);
  }
}
