import { FakeListChatModel } from '@langchain/core/utils/testing';
import { createAgent } from 'langchain';
import { greeting } from './greeting.js';

export const agent = createAgent({ model: new FakeListChatModel({ responses: [greeting] }), tools: [] });
