using System.CommandLine;
using System.Text;
using Engine.Bench;
using Engine.Bench.Commands;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.Bench.Sweeps;
using Engine.RL.Experiments;
using Engine.RL.Training;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>Whatever a file or a command line says, it works or is refused in one line that can be printed.</summary>
public sealed class RandomInputTests : IDisposable
{
    private static readonly string[] s_texts =
    [
        "0", "1", "-1", "2", "7", "1.5", "5M", "300k", "1e6", "1e400", "-1e400", "1e-400", "3G", "99999999999999999999", "0x10", "1_000",
        "+5", "NaN", "Infinity", "-Infinity", "∞", "true", "false", "yes", "null", "6x6", "6", "0x0", "6x", "-2147483648x1", "1,5,10",
        "1,,5", "1, 3-mix", ",", "", " ", "3-mix", "trace-5", "trace--1", "adam", "ADAM", "gamma,lambda", "catch", "cpu", "cuda:77",
        "\x1b[2J", "\0", "\ud800", "\u202e", "a\nb", "😀", new('9', 400), new('x', 10_000), "--seed", "-x", "@file", "{}",
    ];

    private static readonly string[] s_json =
    [
        "0", "-0", "1", "-1", "1.5", "1e6", "5e9", "1e400", "9223372036854775808", "null", "true", "false", "[]", "{}", "[null]", "[1,1]",
        "[[1]]", "[1,\"x\"]", "{\"a\":1}", "\"\"", "\"5M\"", "\"6x6\"", "6", "\"1,3-mix\"", "\"\\ud800\"", "\"\\u0000\\u001b[2J\"",
        "\"NaN\"", "NaN", "\"" + new string('x', 10_000) + "\"", new string('[', 100), "//", "\"adam\"", "[\"gamma\"]", "\"gamma,critic\"",
    ];

    private readonly TemporaryFolder _temporary = new();
    private Random _random = new(1);

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void SettingsOfTheMarkovRewardProcess() => Try<DiscountLearningSettings>(settings => settings.Validate());

    [Fact]
    public void SettingsOfBiasAndVariance() => Try<BiasVarianceSettings>(settings => settings.Validate());

    [Fact]
    public void SettingsOfTraining() => Try<TrainSettings>(settings => settings.Validate());

    [Fact]
    public void SettingsOfTable1() => Try<Table1Settings>(settings => settings.Validate());

    [Fact]
    public void SettingsOfTheFrontier() => Try<FrontierCommand.StudiedFrontier>(settings => settings.Validate());

    [Fact]
    public void SettingsOfTheHessian() => Try<HessianCommand.StudiedHessian>(settings => settings.Validate());

    [Fact]
    public void SettingsOfVarianceAlongARun() => Try<VarianceCommand.VarianceSettings>(settings => settings.Validate());

    [Theory]
    [InlineData("s.json")]
    [InlineData("s.yaml")]
    public void Sweeps(string name)
    {
        const string Sweep = """
            {
              "command": "train",
              "settings": {"env": "snake", "frames": "5M"},
              "grid": {"method": ["0", "3-mix"], "gamma": [0.9, 0.99]},
              "list": [{"rollout": 5}, {"rollout": 20, "envs": 64}],
              "seed": 1,
              "seeds": 3
            }
            """;
        RandomInput.Try(500, random =>
        {
            _random = random;
            File.WriteAllBytes(_temporary.At(name), Mutated(Sweep));
            return SweepFile.Read(_temporary.At(name));
        }, least: 10, most: 90);
    }

    [Fact]
    public void CommandLines()
    {
        string[] names = [.. Program.Commands.Select(command => command.Name), .. s_texts];
        for (int i = 0; i < 1000 * RandomInput.Factor; i++)
        {
            _random = RandomInput.Numbers(i);
            string name = Any(names);
            var options = Program.Commands.FirstOrDefault(command => command.Name == name)?.Options ?? [];
            // The last one makes sure that nothing runs.
            string[] args = [name, .. Words(options), "--no-such-option"];
            var (code, output, error) = ProgramTests.Run(args);
            Assert.Equal((ExitCodes.UserError, ""), (code, output));
            RandomInput.AssertPrintable(error);
        }
    }

    private void Try<T>(Action<T> validate)
        where T : class, new()
        => RandomInput.Try(300, random =>
        {
            _random = random;
            var command = new BenchCommand("try", "Tries.");
            var options = new SettingsOptions<T>(command, validate);
            File.WriteAllBytes(_temporary.At("c.json"), Mutated(Json.Write(new RunConfig<T>(new T()).ToJson())));
            string[] config = _random.Next(3) > 0 ? ["--config", _temporary.At("c.json")] : [];
            var parsed = command.Parse([.. config, .. Words(command.Options)]);
            return parsed.Errors.Count > 0 ? throw new UserError(ParseErrors.Describe(parsed)) : options.Read(parsed);
        }, least: 3, most: 66);

    // Up to three options, most with a value.
    private IEnumerable<string> Words(IList<Option> options)
    {
        for (int i = _random.Next(4); i > 0 && options.Count > 0; i--)
        {
            yield return Any(options).Name;
            if (_random.Next(8) > 0)
                yield return Any(s_texts);
        }
    }

    private byte[] Mutated(string json)
    {
        var lines = json.Split('\n').ToList();
        for (int i = _random.Next(3); i > 0; i--)
        {
            int at = _random.Next(lines.Count);
            switch (_random.Next(5))
            {
                case 0:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    lines.Insert(at, lines[_random.Next(lines.Count)]);
                    break;
                case 2:
                    lines.Insert(at, "\"" + Any(s_texts) + "\": 1,");
                    break;
                default:
                    if (lines[at].Split(':') is [var name, ..])
                        lines[at] = name + ": " + Any(s_json) + ",";
                    break;
            }
        }

        byte[] bytes = Encoding.UTF8.GetBytes(string.Join('\n', lines));
        if (_random.Next(4) == 0)
            bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256);
        return _random.Next(10) == 0 ? bytes[.._random.Next(bytes.Length)] : bytes;
    }

    private T Any<T>(IList<T> list) => list[_random.Next(list.Count)];
}
