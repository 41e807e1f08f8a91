/**
 * How the instances of an application share the partitions: what a member says about itself, the
 * placement of all tasks as a pure function of that, the plan that moves a partition without a gap,
 * and the table that every member gets back. {@link io.streamsocial.processor.group.TaskAssignor}
 * connects them to Kafka's consumer.
 *
 * <p>It opens and closes nothing: what follows from an assignment is the loop's work.
 */
@NullMarked
package io.streamsocial.processor.group;

import org.jspecify.annotations.NullMarked;
