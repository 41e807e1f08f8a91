package io.streamsocial.bench.contender;

import java.nio.file.Path;

/**
 * The work of a contender: read so many posts and count their hashtags by window and region.
 *
 * @param posts records of the topic
 * @param stateDir its own, empty
 * @param threads loops, or stream threads
 */
public record Job(String bootstrap, String topic, long posts, Path stateDir, int threads) {}
