using System.CommandLine;
using System.Text.Json.Serialization;
using Engine.Bench.Commands;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly BenchCommand _command = new("try", "Tries.");
    private readonly CommonOptions _common;
    private readonly Option<int> _iterations = Options.Of("--iterations", "How many.", new TrySettings().Iterations);
    private readonly Option<double> _alpha = Options.Of("--alpha", "Step size.", new TrySettings().Alpha);
    private readonly Option<double?> _kappa = Options.Of("--kappa", "Mixing.", new TrySettings().Kappa);
    private readonly Option<int[]> _steps = Options.Many("--steps", "Steps.", new TrySettings().Steps);
    private readonly Option<Target> _target = Options.Of("--target", "Target.", new TrySettings().Target);

    private readonly Option<Target[]> _targets = Options.Many<Target>("--targets", "Targets.");

    public SettingsTests()
    {
        _common = new CommonOptions(_command, seeds: 5);
        foreach (var option in new Option[] { _iterations, _alpha, _kappa, _steps, _target, _targets })
            _command.Add(option);
    }

    public enum Target
    {
        PowerSum,
        Product,
    }

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void DefaultsHoldWhereNothingIsSaid()
    {
        var settings = Read("");
        Assert.Equal((5000, 1e-3, 5, null), (settings.Iterations, settings.Alpha, settings.Seeds, settings.Kappa));
        Assert.Equal([1, 5, 10], settings.Steps);
    }

    [Fact]
    public void GivenOptionsOverrideTheFileAndTheFileTheDefaults()
    {
        File.WriteAllText(_temporary.At("c.json"), """{ "iterations": 7, "alpha": 0.5, "seeds": 2, "steps": [3], "target": "product" }""");
        var settings = Read($"--config {_temporary.At("c.json")} --alpha 1e-4 --seeds 5 --seed 9");
        Assert.Equal((7, 1e-4, 5, 9), (settings.Iterations, settings.Alpha, settings.Seeds, settings.Seed));
        Assert.Equal(Target.Product, settings.Target);
        Assert.Equal([3], settings.Steps);
    }

    [Fact]
    public void WrittenSettingsReadBack()
    {
        var config = ReadConfig("--steps 2,3 4 --target POWERSUM --threads 2 --kappa 0.25");
        File.WriteAllText(_temporary.At("c.json"), Json.Write(config.ToJson()));
        var again = ReadConfig($"--config {_temporary.At("c.json")}");
        Assert.Equal(Json.Write(config.ToJson()), Json.Write(again.ToJson()));
        Assert.Equal([2, 3, 4], again.Settings.Steps);
        Assert.Equal(("cpu", 2, 0.25), (again.Device, again.Threads, again.Settings.Kappa));
        Assert.Equal(3, ReadConfig($"--config {_temporary.At("c.json")} --threads 3").Threads);
    }

    [Fact]
    public void ResumedRunTakesItsOwnSettings()
    {
        File.WriteAllText(_temporary.At("config.json"), """{ "iterations": 11 }""");
        Assert.Equal(11, Read($"--resume --out {_temporary.At("")}").Iterations);
        Assert.Equal(5000, Read($"--overwrite --out {_temporary.At("")}").Iterations);
        File.WriteAllText(_temporary.At("config.json"), """{ "method": "5" }""");
        var foreign = Assert.Throws<UserError>(() => Read($"--resume --out {_temporary.At("")}"));
        Assert.EndsWith(" A run of 'engine try' can't go on from it: name another folder, or start anew.", foreign.Message);
    }

    [Theory]
    [InlineData("""{ "itertions": 7 }""", "unknown property 'itertions'")]
    [InlineData("""{ "iterations": "many" }""", "iterations is \"many\"; a whole number is needed")]
    [InlineData("""{ "alpha": null }""", "alpha is null; a number is needed")]
    [InlineData("""{ "steps": [1, "b"] }""", "steps is [1,\"b\"] (at [1]); a list of whole numbers is needed")]
    [InlineData("""{ "target": "sum" }""", "target is \"sum\"; one of powerSum, product is needed")]
    [InlineData("""{ "name": null }""", "name is null; a text is needed")]
    [InlineData("""{ "device": null }""", "device is null; a text is needed")]
    [InlineData("""{ "iterations": 7,, }""", "no valid JSON at line 1, column 19")]
    [InlineData("""{ "seed": 1, "seed": 2 }""", "seed")]
    [InlineData("[1]", "settings are an object in braces")]
    [InlineData("", "no valid JSON")]
    [InlineData("""{ "seeds": 0 }""", "seeds is 0, but must be at least 1.")]
    [InlineData("""{ "threads": -1 }""", "threads is -1, but must be between 0 and 1024.")]
    [InlineData("""{ "total": 3 }""", "known are seed, seeds, iterations, alpha, kappa, name, steps, target, device, threads.")]
    [InlineData("""{ "threads": "all" }""", "threads is \"all\"; a whole number is needed")]
    public void MistakesInTheFileAreNamed(string json, string part)
    {
        File.WriteAllText(_temporary.At("c.json"), json);
        Assert.Contains(part, Assert.Throws<UserError>(() => Read($"--config {_temporary.At("c.json")}")).Message);
    }

    [Fact]
    public void MissingFileIsNamed()
        => Assert.Contains("nowhere.json", Assert.Throws<UserError>(() => Read("--config nowhere.json")).Message);

    [Theory]
    [InlineData("--alpha 1,5", "--alpha: '1,5' is not a number.")]
    [InlineData("--steps 1 x", "--steps: 'x' is not a whole number.")]
    [InlineData("--target 1", "--target: '1' is not one of powerSum, product.")]
    [InlineData("--seeds", "--seeds needs a value: a whole number.")]
    [InlineData("--device", "--device needs a value.")]
    [InlineData("--targets", "--targets needs a value: a list of names, each one of powerSum, product.")]
    [InlineData("--seed 1 --seed 2", "--seed is given more than once.")]
    [InlineData("--resume --overwrite", "--resume and --overwrite: give one of them, not both.")]
    [InlineData("--iteration 3", "Unknown option '--iteration'; did you mean '--iterations'?")]
    public void MistakesInOptionsAreNamed(string line, string expected)
        => Assert.Equal(expected, ParseErrors.Describe(_command.Parse(line)));

    [Fact]
    public void UnknownDeviceIsAUserError()
    {
        var config = new RunConfig<object>("", "abacus");
        Assert.Contains("abacus", Assert.Throws<UserError>(() => CommonOptions.OpenDevice(config)).Message);
    }

    private TrySettings Read(string line) => ReadConfig(line).Settings;

    private RunConfig<TrySettings> ReadConfig(string line)
    {
        var parsed = _command.Parse(line);
        Assert.Empty(parsed.Errors);
        return _common.Read<TrySettings>(parsed, Apply, settings => settings.Validate());

        TrySettings Apply(TrySettings settings) => settings with
        {
            Seed = parsed.Given(_common.Seed, settings.Seed),
            Seeds = parsed.Given(_common.Seeds, settings.Seeds),
            Iterations = parsed.Given(_iterations, settings.Iterations),
            Alpha = parsed.Given(_alpha, settings.Alpha),
            Kappa = parsed.Given(_kappa, settings.Kappa),
            Steps = parsed.Given(_steps, settings.Steps),
            Target = parsed.Given(_target, settings.Target),
        };
    }

    private sealed record TrySettings
    {
        public int Seed { get; init; }

        public int Seeds { get; init; } = 5;

        public int Iterations { get; init; } = 5000;

        public double Alpha { get; init; } = 1e-3;

        public double? Kappa { get; init; }

        public string Name { get; init; } = "";

        public int[] Steps { get; init; } = [1, 5, 10];

        public Target Target { get; init; }

        [JsonIgnore]
        public int Total => Seeds * Iterations;

        public void Validate()
        {
            if (Seeds < 1)
                throw new ArgumentException($"seeds is {Seeds}, but must be at least 1.");
        }
    }
}
