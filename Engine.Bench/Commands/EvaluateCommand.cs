using System.CommandLine;
using System.Text;
using Engine.Bench.Output;
using Engine.RL.Agents;
using static System.FormattableString;

namespace Engine.Bench.Commands;

/// <summary>engine evaluate: how well a trained agent plays.</summary>
public static class EvaluateCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand(
            "evaluate", "Evaluate a trained agent in fresh episodes: the mean of their returns, and its standard error.")
        {
            Examples =
            {
                ("engine evaluate runs/snake", "256 episodes, with actions as in training"),
                ("engine evaluate runs/five --agent 5-2 --policy greedy --episodes 1000", "one of several agents, its likeliest actions"),
                ("engine evaluate runs/snake --policy random", "what one gets without having learned"),
                ("engine evaluate runs/snake --seed 7 --json evaluation.json", "other episodes, each written to a file"),
            },
        };
        var options = new AgentOptions(command);
        var episodes = Options.Number("--episodes", "How many episodes; all are played at once.", 256, 1, 1 << 20);
        var json = Options.Of<string?>("--json", "Write all returns and lengths to a file.", null);
        json.HelpName = "FILE";
        var quiet = Options.Switch("--quiet", "Show no progress.");
        foreach (var option in (Option[])[episodes, json, quiet])
            command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            UserFile.RequireFolder(parsed.GetValue(json), "--json");
            int count = parsed.GetValue(episodes);
            var (policy, seed) = (options.Policy(parsed), options.Seed(parsed));
            using var device = options.OpenDevice(parsed);
            using var agent = options.Load(parsed, device);
            EpisodeStatistics result;
            using (var progress = Progress.Start(parsed, parsed.GetValue(quiet)))
            {
                result = Episodes.Play(
                    agent.Environment,
                    agent.Logits,
                    policy,
                    count,
                    seed,
                    device: device,
                    progress: ended => progress.Report("episodes", ended, count),
                    cancel: cancel);
            }

            Print(parsed, agent.Describe, policy, result);
            if (parsed.GetValue(json) is { } file)
            {
                UserFile.Write(file, "--json", Encoding.UTF8.GetBytes(Json.Write(new
                {
                    agent = agent.Describe,
                    policy,
                    seed,
                    episodes = count,
                    mean = result.Mean,
                    standardError = result.StandardError,
                    min = result.Min,
                    max = result.Max,
                    meanLength = result.MeanLength,
                    result.Returns,
                    result.Lengths,
                })));
                parsed.InvocationConfiguration.Output.WriteLine($"Written to {file}.");
            }

            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static void Print(ParseResult parsed, string agent, PolicyKind policy, EpisodeStatistics result)
        => parsed.Console().WriteTable(
            ["Agent", "Policy", ">Episodes", ">Mean return", ">Standard error", ">Least", ">Greatest", ">Mean length"],
            [[
                agent,
                AgentOptions.Name(policy),
                Invariant($"{result.Count}"),
                Invariant($"{result.Mean:0.00}"),
                double.IsNaN(result.StandardError) ? "-" : Invariant($"{result.StandardError:0.00}"),
                Invariant($"{result.Min:0.##}"),
                Invariant($"{result.Max:0.##}"),
                Invariant($"{result.MeanLength:0.0}"),
            ]]);
}
