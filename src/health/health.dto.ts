import { ApiProperty } from '@nestjs/swagger';

export class OkDto {
  @ApiProperty({ example: true })
  ok: boolean;
}

/** Which parts of the LangGraph API the server offers. */
export class InfoFlagsDto {
  @ApiProperty()
  assistants: boolean;

  @ApiProperty()
  crons: boolean;

  @ApiProperty()
  langsmith: boolean;

  @ApiProperty()
  langsmith_tracing_replicas: boolean;

  @ApiProperty({ description: 'Agent Protocol v2 event streams and commands' })
  event_streaming: boolean;
}

export class InfoDto {
  @ApiProperty({ example: '1.5.1', description: 'The version of the LangGraph server whose API is served' })
  version: string;

  @ApiProperty({ example: '0.1.0' })
  threadlog_version: string;

  @ApiProperty({ description: 'The LangGraph.js of the server; a graph runs on that of its own project' })
  langgraph_js_version: string;

  @ApiProperty({ enum: ['js'] })
  context: 'js';

  @ApiProperty({ type: InfoFlagsDto })
  flags: InfoFlagsDto;
}
