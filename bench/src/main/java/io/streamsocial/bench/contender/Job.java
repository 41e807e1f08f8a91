package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.JobView;
import java.nio.file.Path;
import java.util.Set;

/**
 * The work of a contender: read so many posts, and keep the views of them.
 *
 * @param posts records of the topic
 * @param stateDir its own, empty
 * @param threads loops, or stream threads
 * @param views one or more
 */
public record Job(
    String bootstrap, String topic, long posts, Path stateDir, int threads, Set<JobView> views) {
  public Job {
    views = Set.copyOf(views);
  }
}
