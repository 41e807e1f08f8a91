/**
 * Work on the state of an instance that does not run: rebuild it from the changelog, count the
 * posts again and compare, look into it, delete it. Each operation is a class with its result as a
 * record; it reports progress and prints nothing.
 *
 * <p>It uses the tasks and the restorer of {@code task}, so a restored state is the state that a
 * running instance would have. Commands and their output are in the module {@code cli}.
 */
@NullMarked
package io.streamsocial.processor.offline;

import org.jspecify.annotations.NullMarked;
