package io.streamsocial.processor;

/**
 * Hears what happens to an engine. Every method does nothing until it is overridden.
 *
 * <p>One thread, {@code engine-listener}, makes all calls, one after the other. It is not a thread
 * of the engine's work: a listener may block, and may close the engine. What a method throws is
 * logged, at the 1st, 2nd, 4th, 8th time and so on, and the next call is made as if it had
 * returned.
 *
 * <p>The engine is looked at ten times a second, and not while a call lasts. States and partitions
 * are told as they are found: what comes and goes between two looks is left out, and what a slow
 * listener hears is late but true. Incidents and failures wait for it, {@link #EVENTS_MAX} at most;
 * further ones are left out and counted, see {@link #missed}. Within each method the order is that
 * of what happened; between methods there is none, but that a state is told before the failure that
 * led to it.
 */
public interface EngineListener {
  /** Incidents and failures that may wait for a call. */
  int EVENTS_MAX = 1_000;

  /** Hears nothing; no thread is started for it. */
  EngineListener NONE = new EngineListener() {};

  /**
   * The state of the instance is another one. The first call has {@link EngineState#STARTING} as
   * {@code before}, every further one the {@code after} of the call before.
   *
   * @param reason a sentence for people
   */
  default void stateChanged(EngineState before, EngineState after, String reason) {}

  /**
   * The changelog of a partition is read to its end: from now on it is part of answers from here.
   *
   * @param role whether the instance counts it or follows it
   * @param records changelog records that were read for it since its store was opened; 0 when the
   *     store had them all
   */
  default void partitionRestored(int partition, Role role, long records) {}

  /** Something is wrong; what is said of it names the effect and what to do. */
  default void incidentBegan(Incidents.Incident incident) {}

  /**
   * It is over.
   *
   * @param incident as it began
   * @param how a sentence for people
   */
  default void incidentEnded(Incidents.Incident incident, String how) {}

  /** A loop has died: what it counted is safe, but only a new process goes on from it. */
  default void failed(Throwable cause) {}

  /**
   * So many incidents and failures, begun or ended, were left out since the last such call, because
   * {@link #EVENTS_MAX} were waiting. {@link EngineStatus#incidents} has what is wrong now.
   */
  default void missed(long events) {}
}
