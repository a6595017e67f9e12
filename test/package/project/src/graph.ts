import { AIMessage } from '@langchain/core/messages';
import { MessagesAnnotation, StateGraph } from '@langchain/langgraph';
import { greeting } from './greeting.js';

export const graph = new StateGraph(MessagesAnnotation)
  .addNode('greet', () => ({ messages: [new AIMessage(greeting)] }))
  .addEdge('__start__', 'greet')
  .compile();
