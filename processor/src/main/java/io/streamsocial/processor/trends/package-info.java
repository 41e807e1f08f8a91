/**
 * What can be asked and what is answered: trending, emerging and regions, and of any view keys,
 * ranges and rankings; each as a question, the part that one holder answers, and the merge of all
 * parts. Every merge is here, and every answer carries its {@link
 * io.streamsocial.processor.trends.Completeness}. All of it is pure and immutable.
 *
 * <p>How a part is read from a store is in {@code task}; how parts travel between instances, and
 * which instance is asked, is in the module {@code http}.
 */
@NullMarked
package io.streamsocial.processor.trends;

import org.jspecify.annotations.NullMarked;
