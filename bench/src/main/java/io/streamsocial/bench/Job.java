package io.streamsocial.bench;

import java.nio.file.Path;

/**
 * What a contender is asked to do: read so many posts and count their hashtags by window and
 * region.
 *
 * @param posts records of the topic
 * @param stateDir its own, empty
 * @param threads loops, or stream threads
 */
record Job(String bootstrap, String topic, long posts, Path stateDir, int threads) {}
