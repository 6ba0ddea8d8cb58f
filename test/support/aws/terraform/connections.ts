import * as events from "@aws-sdk/client-eventbridge";
import type { Resource } from "./resource.ts";
import { EVENTS, planned, withoutIds } from "./resource.ts";

export function connection(client: events.EventBridgeClient): Resource {
  const Name = "tf-connection";
  const HeaderParameters = [
    { Key: "z", Value: "open", IsValueSecret: false },
    { Key: "a", Value: "also open", IsValueSecret: false },
  ];
  const described = {
    Name,
    ConnectionArn: `${EVENTS}:connection/${Name}/ID`,
    SecretArn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection/${Name}/ID`,
    ConnectionState: "AUTHORIZED",
  };
  const basic = { Username: "u", Password: "a-password" };
  const apiKey = { ApiKeyName: "x-key", ApiKeyValue: "a-key" };
  return {
    create: () =>
      client.send(
        new events.CreateConnectionCommand({
          Name,
          Description: "one",
          AuthorizationType: "BASIC",
          AuthParameters: { BasicAuthParameters: basic, InvocationHttpParameters: { HeaderParameters } },
        }),
      ),
    read: async () => withoutIds(planned(await client.send(new events.DescribeConnectionCommand({ Name })))),
    created: {
      ...described,
      Description: "one",
      AuthorizationType: "BASIC",
      AuthParameters: { BasicAuthParameters: { Username: "u" }, InvocationHttpParameters: { HeaderParameters } },
    },
    update: () =>
      client.send(
        new events.UpdateConnectionCommand({
          Name,
          Description: "two",
          AuthorizationType: "API_KEY",
          AuthParameters: { ApiKeyAuthParameters: apiKey, InvocationHttpParameters: { HeaderParameters } },
        }),
      ),
    updated: {
      ...described,
      Description: "two",
      AuthorizationType: "API_KEY",
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-key" }, InvocationHttpParameters: { HeaderParameters } },
    },
    remove: () => client.send(new events.DeleteConnectionCommand({ Name })),
    gone: "ResourceNotFoundException",
  };
}

export function apiDestination(client: events.EventBridgeClient): Resource {
  const Name = "tf-destination";
  const members = { InvocationEndpoint: "https://example.com/hook", HttpMethod: "POST" } as const;
  const described = {
    Name,
    ...members,
    ApiDestinationArn: `${EVENTS}:api-destination/${Name}/ID`,
    ConnectionArn: `${EVENTS}:connection/of-destinations/ID`,
    ApiDestinationState: "ACTIVE",
  };
  let ConnectionArn: string | undefined;
  return {
    create: async () => {
      const AuthParameters = { BasicAuthParameters: { Username: "u", Password: "a-password" } };
      const input = { Name: "of-destinations", AuthorizationType: "BASIC", AuthParameters } as const;
      ({ ConnectionArn } = await client.send(new events.CreateConnectionCommand(input)));
      await client.send(new events.CreateApiDestinationCommand({ Name, ConnectionArn, ...members }));
    },
    read: async () => withoutIds(planned(await client.send(new events.DescribeApiDestinationCommand({ Name })))),
    created: { ...described, InvocationRateLimitPerSecond: 300 },
    update: () =>
      client.send(
        new events.UpdateApiDestinationCommand({
          Name,
          ConnectionArn,
          ...members,
          Description: "two",
          InvocationRateLimitPerSecond: 5,
        }),
      ),
    updated: { ...described, Description: "two", InvocationRateLimitPerSecond: 5 },
    remove: () => client.send(new events.DeleteApiDestinationCommand({ Name })),
    gone: "ResourceNotFoundException",
  };
}
