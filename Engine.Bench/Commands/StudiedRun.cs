using System.CommandLine;
using Engine.Bench.Input;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Kernels;
using Engine.RL;
using Engine.RL.Experiments;
using Engine.RL.Studies;
using Engine.RL.Training;

namespace Engine.Bench.Commands;

/// <summary>What a command is asked to study: the Markov reward process, or an agent.</summary>
internal interface IStudied
{
    /// <summary>The folder of the agent, or of the experiment that trained it; empty for the Markov reward process.</summary>
    string Run { get; }

    /// <summary>The agent's name, such as 3-mix-0, if that experiment trained several.</summary>
    string? Agent { get; }

    /// <summary>Points of training.</summary>
    int Points { get; }
}

/// <summary>The argument and the options of a command that studies the Markov reward process, or an agent.</summary>
/// <typeparam name="T">The settings: those of the Markov reward process, and what is studied.</typeparam>
internal sealed class StudiedRun<T>
    where T : MrpSettings, IStudied, new()
{
    private readonly Argument<string> _run = new("RUN")
    {
        Description = "The folder of an agent, or of the experiment that trained it; the Markov reward process without one.",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => "",
    };

    private readonly SettingsOptions<T> _options;
    private readonly Func<T, string, T> _named;
    private readonly Func<T, T> _ofAgent;

    /// <summary>Adds them to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="named">Settings with the folder of an agent.</param>
    /// <param name="ofAgent">The defaults for an agent.</param>
    public StudiedRun(Command command, Func<T, string, T> named, Func<T, T> ofAgent)
    {
        (_named, _ofAgent) = (named, ofAgent);
        command.Add(_run);
        _options = new(command, settings => settings.Validate());
    }

    /// <summary>The options of every command.</summary>
    public CommonOptions Common => _options.Common;

    /// <summary>Reads the settings and opens what they name.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The settings, what is studied, and how the agent was trained: null for the Markov reward process.</returns>
    /// <exception cref="UserError">A setting is wrong, or there is no such agent.</exception>
    public (RunConfig<T> Config, Study Study, LearningSettings? Agent, Device Device) Open(ParseResult parsed)
    {
        string run = parsed.GetValue(_run)!;
        var config = _options.Read(parsed, settings => _named(settings, run), _ => run.Length == 0 ? null : _ofAgent(new T()));
        if (run.Length == 0)
        {
            if (config.Settings.Agent is { } unknown)
                throw new UserError($"--agent {unknown}: name the folder of the run that has this agent.");
            var processor = CommonOptions.OpenDevice(config);
            return (config, new MrpStudy(config.Settings, config.Settings.Points, processor), null, processor);
        }

        RequireUsual(config.Settings);
        var folder = AgentFolder.Find(run, config.Settings.Agent);
        var trained = folder.Load().Run;
        if (trained.Settings.FreshValidation)
            throw new UserError($"{run} was trained with --fresh-validation, which this does not look at: name another run.");
        string to = parsed.GetValue(Common.Out)!;
        if (folder.BelongsTo(to))
            throw new UserError($"--out {to}: the agent that is studied is there; name another folder.");
        var device = CommonOptions.OpenDevice(config);
        AgentStudy? study = null;
        UserError.Unless(() => study = new(trained, AgentPoints(run, folder, trained), config.Settings.Points, device));
        return (config, study!, trained.Settings, device);
    }

    // An agent has learned as it has: what is said of the Markov reward process would be of no effect.
    private static void RequireUsual(T settings)
    {
        var usual = new T();
        foreach (var setting in Setting.Of(typeof(MrpSettings)))
        {
            if (!Equals(setting.Property.GetValue(settings), setting.Property.GetValue(usual)))
                throw new UserError($"--{setting.Name} is of the Markov reward process: leave it out where an agent is studied.");
        }
    }

    private static Func<ExperimentSnapshot>[] AgentPoints(string run, AgentFolder folder, AgentRun trained)
        => folder.Points() is { Count: > 0 } kept
            ? [.. kept.Select(path => (Func<ExperimentSnapshot>)(() => AgentFolder.LoadPoint(path, trained)))]
            : throw new UserError($"{run} has no points of training: train with 'engine train --points N', N above 0.");
}
