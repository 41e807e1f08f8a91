package io.streamsocial.processor.loop;

import io.streamsocial.processor.Incidents;
import io.streamsocial.store.HeapBudget;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * Holds the posts back while what is counted takes more heap than it may: the checkpoints that
 * empty it need time, and posts would only fill it further. Owned by the loop.
 */
final class InputPause {
  private final GroupClient group;
  private final HeapBudget heap;
  private final Incidents incidents;
  private final String loop;
  private boolean paused;

  /**
   * @param loop its name
   */
  InputPause(GroupClient group, HeapBudget heap, Incidents incidents, String loop) {
    this.group = group;
    this.heap = heap;
    this.incidents = incidents;
    this.loop = loop;
  }

  /** Before each poll: the partitions that were opened since the last one are paused, too. */
  void turn(Collection<IngestTask> ingests) {
    boolean waits = heap.isInputToWait();
    if (!waits && !paused) {
      return;
    }
    List<TopicPartition> posts = ingests.stream().map(IngestTask::topicPartition).toList();
    if (waits) {
      group.get().pause(posts);
      incidents.begin(
          Incidents.Kind.HEAP_SHORT,
          loop,
          "the posts wait until checkpoints have freed heap: if it happens often, give the process more of it with -Xmx, or raise --heap-state");
    } else {
      group.get().resume(posts);
      incidents.end(Incidents.Kind.HEAP_SHORT, loop, "posts are read again");
    }
    paused = waits;
  }
}
