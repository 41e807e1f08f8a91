package io.streamsocial.http;

import io.streamsocial.processor.Trending;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of each holder of some partitions; which partitions is said apart, as each holder
 * is asked for others.
 *
 * @param key of the one hashtag asked for; null for the top of all
 * @param options its {@code requireComplete} plays no part in it
 */
record PartQuestion(Trending.@Nullable Key key, Trending.Question question, ReadOptions options) {}
