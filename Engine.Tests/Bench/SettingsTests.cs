using System.CommandLine;
using Engine.Bench.Commands;
using Engine.Bench.Output;

namespace Engine.Tests.Bench;

public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly BenchCommand _command = new("try", "Tries.");
    private readonly CommonOptions _common;
    private readonly Option<int> _iterations = Options.Of("--iterations", "How many.", new TrySettings().Iterations);
    private readonly Option<double> _alpha = Options.Of("--alpha", "Step size.", new TrySettings().Alpha);
    private readonly Option<int[]> _steps = Options.Many("--steps", "Steps.", new TrySettings().Steps);
    private readonly Option<Target> _target = Options.Of("--target", "Target.", new TrySettings().Target);

    public SettingsTests()
    {
        _common = new CommonOptions(_command, new TrySettings());
        foreach (var option in new Option[] { _iterations, _alpha, _steps, _target })
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
        Assert.Equal((5000, 1e-3, "cpu", 5), (settings.Iterations, settings.Alpha, settings.Device, settings.Seeds));
        Assert.Equal([1, 5, 10], settings.Steps);
    }

    [Fact]
    public void GivenOptionsOverrideTheFileAndTheFileTheDefaults()
    {
        File.WriteAllText(_temporary["c.json"], """{ "iterations": 7, "alpha": 0.5, "seeds": 2, "steps": [3], "target": "product" }""");
        var settings = Read($"--config {_temporary["c.json"]} --alpha 1e-4 --seeds 5 --seed 9");
        Assert.Equal((7, 1e-4, 5, 9, Target.Product), (settings.Iterations, settings.Alpha, settings.Seeds, settings.Seed, settings.Target));
        Assert.Equal([3], settings.Steps);
    }

    [Fact]
    public void WrittenSettingsReadBack()
    {
        var settings = Read("--steps 2,3 4 --target POWERSUM --threads 2");
        File.WriteAllText(_temporary["c.json"], Json.Write(settings));
        Assert.Equal(Json.Write(settings), Json.Write(Read($"--config {_temporary["c.json"]}")));
        Assert.Equal([2, 3, 4], settings.Steps);
    }

    [Fact]
    public void ResumedRunTakesItsOwnSettings()
    {
        File.WriteAllText(_temporary["config.json"], """{ "iterations": 11 }""");
        Assert.Equal(11, Read($"--resume --out {_temporary.Location}").Iterations);
        Assert.Equal(5000, Read($"--overwrite --out {_temporary.Location}").Iterations);
    }

    [Theory]
    [InlineData("""{ "itertions": 7 }""", "unknown property 'itertions'")]
    [InlineData("""{ "iterations": "many" }""", "iterations is \"many\"; a whole number is needed")]
    [InlineData("""{ "alpha": null }""", "alpha is null; a number is needed")]
    [InlineData("""{ "steps": [1, "b"] }""", "steps is [1, \"b\"] (at [1]); a list of whole numbers is needed")]
    [InlineData("""{ "target": "sum" }""", "target is \"sum\"; one of powerSum, product is needed")]
    [InlineData("""{ "device": null }""", "device is null; a text is needed")]
    [InlineData("""{ "iterations": 7,, }""", "no valid JSON at line 1, column 20")]
    [InlineData("""{ "seed": 1, "seed": 2 }""", "seed")]
    [InlineData("[1]", "settings are an object in braces")]
    [InlineData("", "no valid JSON")]
    [InlineData("""{ "seeds": 0 }""", "seeds is 0: give 1 or more.")]
    public void MistakesInTheFileAreNamed(string json, string part)
    {
        File.WriteAllText(_temporary["c.json"], json);
        Assert.Contains(part, Assert.Throws<UserError>(() => Read($"--config {_temporary["c.json"]}")).Message);
    }

    [Fact]
    public void MissingFileIsNamed() => Assert.Contains("nowhere.json", Assert.Throws<UserError>(() => Read("--config nowhere.json")).Message);

    [Theory]
    [InlineData("--alpha 1,5", "--alpha: '1,5' is not a number.")]
    [InlineData("--steps 1 x", "--steps: 'x' is not a whole number.")]
    [InlineData("--target 1", "--target: '1' is not one of powerSum, product.")]
    [InlineData("--seeds", "--seeds needs a value: a whole number.")]
    [InlineData("--device", "--device needs a value.")]
    [InlineData("--seed 1 --seed 2", "--seed is given more than once.")]
    [InlineData("--resume --overwrite", "--resume and --overwrite: give one of them, not both.")]
    [InlineData("--iteration 3", "Unknown option '--iteration'; did you mean '--iterations'?")]
    public void MistakesInOptionsAreNamed(string line, string expected) => Assert.Equal(expected, ParseErrors.Describe(_command.Parse(line)));

    [Fact]
    public void UnknownDeviceIsAUserError()
        => Assert.Contains("abacus", Assert.Throws<UserError>(() => CommonOptions.OpenDevice(new RunSettings { Device = "abacus" })).Message);

    private TrySettings Read(string line)
    {
        var parsed = _command.Parse(line);
        Assert.Empty(parsed.Errors);
        return _common.Read<TrySettings>(parsed, settings => settings with
        {
            Iterations = parsed.Given(_iterations, settings.Iterations),
            Alpha = parsed.Given(_alpha, settings.Alpha),
            Steps = parsed.Given(_steps, settings.Steps),
            Target = parsed.Given(_target, settings.Target),
        });
    }

    public sealed record TrySettings : RunSettings
    {
        public TrySettings() => Seeds = 5;

        public int Iterations { get; init; } = 5000;

        public double Alpha { get; init; } = 1e-3;

        public int[] Steps { get; init; } = [1, 5, 10];

        public Target Target { get; init; }
    }
}
